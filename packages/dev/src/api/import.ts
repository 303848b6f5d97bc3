import type { Signal } from '../otlp/model.ts';
import type { Session } from '../session/session.ts';

/** The largest session that is taken in. */
export const maxImportBytes: number = 256 * 1024 * 1024;

const maxErrors = 20;

/** The key that says what a line holds. */
const keys: readonly (readonly [key: string, signal: Signal])[] = [
  ['"resourceSpans"', 'traces'],
  ['"resourceLogs"', 'logs'],
  ['"resourceMetrics"', 'metrics'],
];

export interface ImportResult {
  spans: number;
  logs: number;
  points: number;
  lines: number;
  readonly errors: { readonly line: number; readonly detail: string }[];
}

/** The signals of a line; usually one. */
function listSignals(line: string): Signal[] {
  return keys.filter(([key]) => line.includes(key)).map(([, signal]) => signal);
}

/** Takes in lines of OTLP JSON. Lines that are none are skipped, and reported. */
export async function importLines(session: Session, text: string): Promise<ImportResult> {
  const result: ImportResult = { spans: 0, logs: 0, points: 0, lines: 0, errors: [] };
  let start = 0;
  for (let number = 1; start < text.length; number++) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end).trim();
    start = end + 1;
    if (line === '') continue;
    result.lines += 1;
    try {
      await importLine(session, line, result);
    } catch (error) {
      if (result.errors.length < maxErrors) {
        result.errors.push({ line: number, detail: (error as Error).message.slice(0, 300) });
      }
    }
  }
  await session.store.flush();
  return result;
}

async function importLine(session: Session, line: string, result: ImportResult): Promise<void> {
  const signals = listSignals(line);
  if (signals.length === 0) throw new Error('expected resourceSpans, resourceLogs or resourceMetrics');
  for (const signal of signals) {
    const { items, rejected, reason } = await session.store.ingest(
      signal,
      'json',
      new Uint8Array(Buffer.from(line)),
    );
    if (signal === 'traces') result.spans += items;
    else if (signal === 'logs') result.logs += items;
    else result.points += items;
    if (rejected > 0) throw new Error(`${rejected} items are refused: ${reason}`);
  }
}
