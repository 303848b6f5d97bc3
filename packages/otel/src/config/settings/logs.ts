import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import { type LevelName, levelNames, parseLevels, parseSeverity } from '../../api/level.ts';
import type { LogsConfig } from '../config.ts';
import { boolean, custom, type SettingsTable } from '../setting.ts';
import { batch, exporter, hasMethods, everyItem, isObject, protocol } from './shared.ts';
import { isConsoleLogFormat } from '@sonde/exporters';

const isLevel = (value: unknown): boolean => typeof value === 'string' && parseSeverity(value) !== undefined;
const levels = `one of ${levelNames.map((name) => `"${name}"`).join(', ')}`;

const isFormatName = (value: string): boolean => ['pretty', 'json', 'logfmt'].includes(value);

/** Parses `false`, the name of a format, or a format string of Python's `logging`. */
function parseFormat(text: string): string | false | undefined {
  const name = text.trim().toLowerCase();
  if (name === 'false' || name === 'none') return false;
  const format = isFormatName(name) ? name : text;
  return isConsoleLogFormat(format) ? format : undefined;
}

export const logsSettings: SettingsTable<LogsConfig> = {
  exporter: exporter<LogRecordExporter>('OTEL_LOGS_EXPORTER', 'The exporters of log records.'),
  protocol: protocol('LOGS'),
  level: custom<LevelName>({
    env: 'SONDE_LOG_LEVEL',
    defaultValue: 'info',
    expected: levels,
    accepts: isLevel,
    parse: (text) => {
      const parsed = parseLevels(text);
      return parsed && (parsed.root ?? 'info');
    },
    description:
      'The minimum level of loggers. The variable also accepts levels by logger name: `info,app.db=debug`.',
  }),
  levels: custom({
    env: 'SONDE_LOG_LEVEL',
    expected: `an object from logger name to ${levels}`,
    accepts: (value) => isObject(value) && Object.values(value).every(isLevel),
    parse: (text) => parseLevels(text)?.byName ?? {},
    description:
      'The minimum level by logger name; a name also covers the dotted names below it: `app` covers `app.db`.',
  }),
  console: custom({
    env: 'SONDE_LOG_CONSOLE',
    expected: 'false, "pretty", "json", "logfmt" or a format with %(field)s',
    accepts: (value) =>
      value === false || (typeof value === 'string' && (isFormatName(value) || value.includes('%'))),
    parse: parseFormat,
    description:
      'The format in which records of `getLogger` are written to stderr; defaults to `pretty` on a terminal, else `json`.',
  }),
  captureConsole: custom<boolean | 'replace'>({
    defaultValue: false,
    expected: 'true, false or "replace"',
    accepts: (value) => typeof value === 'boolean' || value === 'replace',
    description:
      'Creates a log record for each call of `console.log` and the other printing methods of `console`; with `replace` the records replace the output.',
  }),
  captureLoggers: boolean({
    env: 'SONDE_LOG_CAPTURE_LOGGERS',
    defaultValue: true,
    description: 'Creates log records from pino and winston.',
  }),
  captureWarnings: boolean({
    defaultValue: true,
    description: 'Creates a log record for each process warning.',
  }),
  traceIds: boolean({
    env: 'SONDE_LOG_TRACE_IDS',
    defaultValue: true,
    description:
      'Adds `trace_id`, `span_id` and `trace_flags` of the active span to the output of pino and winston.',
  }),
  logRecordProcessors: custom({
    expected: 'an array of log record processors',
    accepts: everyItem(hasMethods('onEmit', 'forceFlush', 'shutdown')),
    description: 'Log record processors that run before the exporters.',
  }),
  batch: batch('log records', 'OTEL_BLRP', 1000),
};
