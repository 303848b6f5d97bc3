import { problem } from '@sonde/router';
import type { Signal } from '../otlp/model.ts';
import type { Session } from '../session/session.ts';

const known: readonly Signal[] = ['traces', 'logs', 'metrics'];

/** The session as lines of OTLP JSON. @throws {Problem} 400 for a signal that is none */
export function exportLines(
  session: Session,
  signals: readonly string[],
): AsyncGenerator<string, void, void> {
  const unknown = signals.find((signal) => !known.some((name) => name === signal));
  if (unknown !== undefined) {
    const detail = `signals: ${JSON.stringify(unknown.slice(0, 80))} is not allowed; expected ${known.join(', ')}`;
    throw problem(400, detail, { code: 'BAD_PARAMETER', parameter: 'signals' });
  }
  return lines(
    session,
    known.filter((signal) => signals.includes(signal)),
  );
}

async function* lines(session: Session, signals: readonly Signal[]): AsyncGenerator<string, void, void> {
  await session.store.flush();
  for (const signal of signals) {
    for (let after = 0; ;) {
      const part = JSON.parse(await session.store.query('exportPart', { signal, after })) as {
        line: object;
        next: number;
      } | null;
      if (part === null) break;
      yield `${JSON.stringify(part.line)}\n`;
      after = part.next;
    }
  }
}
