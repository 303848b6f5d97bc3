import type { ExportResult } from '@opentelemetry/core';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';

import { consoleRules, resolveConsole, type Console, type ConsoleOptions } from './console-options.ts';
import { jsonFormat } from './json.ts';

import { LineExporter } from './line-exporter.ts';
import { logfmtFormat } from './logfmt.ts';
import { prettyFormat } from './pretty.ts';
import { pythonFormat } from './python-format.ts';
import { checkOptions } from '@sonde/sdk';

/** Options of {@link ConsoleLogExporter}. */
export interface ConsoleLogOptions extends ConsoleOptions {
  /**
   * `pretty`, `json`, `logfmt`, or a format string of Python's logging module such as
   * `%(asctime)s - %(levelname)s - %(message)s`.
   * @default 'pretty' on a terminal, 'json' elsewhere
   */
  format?: 'pretty' | 'json' | 'logfmt' | (string & {});
}

/**
 * Writes log records as lines, to stderr by default. Lines are in order, complete when the process exits if the stream is read,
 * and free of control characters. A blocked stream never blocks the application.
 *
 * @throws {SondeConfigError} if an option is unknown or invalid; for a format string, with the position of the error
 *
 * @example
 * ```ts
 * const exporter = new ConsoleLogExporter({ format: '%(asctime)s - %(levelname)s - %(message)s' });
 * const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
 * ```
 */
export class ConsoleLogExporter extends LineExporter implements LogRecordExporter {
  readonly #format: (record: ReadableLogRecord) => string;

  constructor(options: ConsoleLogOptions = {}) {
    checkOptions('ConsoleLogExporter', options, { ...consoleRules, format: formatRule });
    const console = resolveConsole(options);
    super(console.fd);
    this.#format = formatter(options.format ?? (console.isTerminal ? 'pretty' : 'json'), console);
  }

  /** Succeeds when the lines are written, and also if the stream is closed or blocked. */
  export(records: ReadableLogRecord[], resultCallback: (result: ExportResult) => void): void {
    let text = '';
    for (const record of this.isShutDown ? [] : records) text += this.#format(record);
    this.write(text, records.length, resultCallback);
  }
}

const formatRule = {
  allowed: "'pretty', 'json', 'logfmt', or text with fields such as %(message)s",
  test: (value: unknown): boolean =>
    typeof value === 'string' && (Object.hasOwn(namedFormats, value) || value.includes('%')),
};

const namedFormats = {
  pretty: ({ colors }: Console) => prettyFormat(colors),
  json: () => jsonFormat(),
  logfmt: () => logfmtFormat(),
} as const;

/**
 * Whether a format is valid for {@link ConsoleLogExporter}.
 *
 * @example
 * ```ts
 * isConsoleLogFormat('%(levelname)s %(message)s'); // true
 * ```
 */
export function isConsoleLogFormat(format: string): boolean {
  if (!formatRule.test(format)) return false;
  try {
    if (!Object.hasOwn(namedFormats, format)) pythonFormat(format);
    return true;
  } catch {
    return false;
  }
}

function formatter(format: string, console: Console): (record: ReadableLogRecord) => string {
  if (format === 'pretty' || format === 'json' || format === 'logfmt') return namedFormats[format](console);
  return pythonFormat(format);
}
