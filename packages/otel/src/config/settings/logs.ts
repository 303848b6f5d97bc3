import type { LogRecordExporter, LogRecordProcessor } from '@opentelemetry/sdk-logs';

import { levelNames, parseLevels, parseSeverity } from '../../api/level.ts';
import type { OtlpProtocol } from '../../options.ts';
import { type Definitions, boolean, codeOnly, custom } from '../setting.ts';
import { batch, exporter, type ExporterChoice, has, isObject, listOf, protocol } from './validators.ts';
import { isLogFormat } from '@sonde/exporters';

const isLevel = (value: unknown): boolean => typeof value === 'string' && parseSeverity(value) !== undefined;
const levels = levelNames.map((name) => `"${name}"`).join(', ');
const { maxQueueSize, maxExportBatchSize, scheduledDelayMs, exportTimeoutMs } = batch(
  'log records',
  'OTEL_BLRP',
  1000,
);

const isFormatName = (value: string): boolean => ['pretty', 'json', 'logfmt'].includes(value);

/** Reads `false`, a format by its name, or one of Python's. */
function readFormat(text: string): string | false | undefined {
  const name = text.trim().toLowerCase();
  if (name === 'false' || name === 'none') return false;
  const format = isFormatName(name) ? name : text;
  return isLogFormat(format) ? format : undefined;
}

export interface LogConfig {
  readonly 'logs.exporter': ExporterChoice<LogRecordExporter>;
  readonly 'logs.protocol': OtlpProtocol;
  readonly 'logs.level': string;
  readonly 'logs.levels': Readonly<Record<string, string>> | undefined;
  readonly 'logs.console': string | false | undefined;
  readonly 'logs.captureConsole': boolean | 'replace';
  readonly 'logs.captureLoggers': boolean;
  readonly 'logs.captureWarnings': boolean;
  readonly 'logs.traceIds': boolean;
  readonly 'logs.logRecordProcessors': readonly LogRecordProcessor[] | undefined;
  readonly 'logs.batch.maxQueueSize': number;
  readonly 'logs.batch.maxExportBatchSize': number;
  readonly 'logs.batch.scheduledDelayMs': number;
  readonly 'logs.batch.exportTimeoutMs': number;
}

export const logSettings: Definitions<LogConfig> = {
  'logs.exporter': exporter('OTEL_LOGS_EXPORTER', 'Where log records go.'),
  'logs.protocol': protocol('LOGS'),
  'logs.level': custom({
    env: 'SONDE_LOG_LEVEL',
    defaultValue: 'info',
    allowed: levels,
    accepts: isLevel,
    read: (text) => (parseLevels(text) === undefined ? undefined : (parseLevels(text)?.root ?? 'info')),
    description:
      'The least severe level that loggers let through; the variable takes levels by name too: `info,app.db=debug`.',
  }),
  'logs.levels': custom({
    env: 'SONDE_LOG_LEVEL',
    allowed: `an object from logger name to ${levels}`,
    accepts: (value) => isObject(value) && Object.values(value).every(isLevel),
    read: (text) => parseLevels(text)?.byName ?? {},
    description: 'Levels by logger name; a name covers the dotted names below it.',
  }),
  'logs.console': custom({
    env: 'SONDE_LOG_CONSOLE',
    allowed: 'false, "pretty", "json", "logfmt" or a format with %(field)s',
    accepts: (value) =>
      value === false || (typeof value === 'string' && (isFormatName(value) || value.includes('%'))),
    read: readFormat,
    description:
      'How records made through `getLogger` are written to stderr; unset is pretty on a terminal, else JSON.',
  }),
  'logs.captureConsole': codeOnly({
    defaultValue: false,
    allowed: 'true, false or "replace"',
    accepts: (value) => typeof value === 'boolean' || value === 'replace',
    description:
      'Makes records of what the application writes with `console`; `replace` writes them in place of it.',
  }),
  'logs.captureLoggers': boolean({
    env: 'SONDE_LOG_CAPTURE_LOGGERS',
    defaultValue: true,
    description: 'Makes records of what the application writes with pino and winston.',
  }),
  'logs.captureWarnings': boolean({
    defaultValue: true,
    description: 'Makes records of the warnings that Node emits.',
  }),
  'logs.traceIds': boolean({
    env: 'SONDE_LOG_TRACE_IDS',
    defaultValue: true,
    description: "Writes `trace_id`, `span_id` and `trace_flags` into pino's lines and winston's infos.",
  }),
  'logs.logRecordProcessors': codeOnly({
    allowed: 'an array of log record processors',
    accepts: listOf(has('onEmit', 'forceFlush', 'shutdown')),
    description: 'Processors that see each log record before the exporter does.',
  }),
  'logs.batch.maxQueueSize': maxQueueSize,
  'logs.batch.maxExportBatchSize': maxExportBatchSize,
  'logs.batch.scheduledDelayMs': scheduledDelayMs,
  'logs.batch.exportTimeoutMs': exportTimeoutMs,
};
