import type { ExporterName, OtlpProtocol } from '../../options.ts';
import type { BatchConfig } from '../config.ts';
import { choice, choices, custom, integer, type Setting, type SettingsTable } from '../setting.ts';

/** The longest delay of a Node.js timer. */
export const MAX_MS: number = 2 ** 31 - 1;

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

export const isNonEmptyString = (value: unknown): value is string =>
  typeof value === 'string' && value !== '';

/** Returns a check for an object with all of these methods. */
export const hasMethods =
  (...methods: string[]) =>
  (value: unknown): boolean =>
    isObject(value) &&
    methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

/** Returns a check for an array whose items all pass `accepts`. */
export const everyItem =
  (accepts: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every((item) => accepts(item));

/** Splits `a, b` at its commas. */
export const splitList = (text: string): string[] => text.split(',').map((item) => item.trim());

/** A list of non-empty strings; separated by commas in an environment variable. */
export function list(definition: {
  items: string;
  description: string;
  env: string;
  defaultValue?: readonly string[];
}): Setting<readonly string[]> {
  return custom<readonly string[]>({
    ...definition,
    expected: `a list of ${definition.items}`,
    accepts: everyItem(isNonEmptyString),
    parse: (text) => splitList(text).filter((item) => item !== ''),
  });
}

const exporterNames: readonly ExporterName[] = ['otlp', 'console', 'none'];

/** One or more exporters by name, or an exporter object. */
export type ExporterChoice<E extends object, Name extends string = ExporterName> = Name | readonly Name[] | E;

/** The exporters of a signal; a list of names in an environment variable. */
export function exporter<E extends object, Name extends string = ExporterName>(
  env: string,
  description: string,
  exporters: readonly string[] = exporterNames,
): Setting<ExporterChoice<E, Name>> {
  const names = choices({ description, choices: exporters });
  return custom<ExporterChoice<E, Name>>({
    env,
    description,
    defaultValue: 'otlp' as Name,
    expected: `${exporters.map((name) => `"${name}"`).join(', ')}, a list of them, or an exporter object`,
    accepts: (value) =>
      exporters.includes(value as string) || names.accepts(value) || hasMethods('export', 'shutdown')(value),
    parse: names.parse as (text: string) => readonly Name[] | undefined,
  });
}

/**
 * The batch processor of spans or log records.
 *
 * @param items the name of the items in descriptions
 * @param prefix of the environment variables: `OTEL_BSP`
 */
export function batch(items: string, prefix: string, scheduledDelayMs: number): SettingsTable<BatchConfig> {
  const count = { min: 1, max: 1_000_000 };
  return {
    maxQueueSize: integer({
      ...count,
      env: `${prefix}_MAX_QUEUE_SIZE`,
      defaultValue: 32_768,
      description: `Maximum number of ${items} in the queue; more are dropped. The specification's default is 2048, less than one burst.`,
    }),
    maxExportBatchSize: integer({
      ...count,
      env: `${prefix}_MAX_EXPORT_BATCH_SIZE`,
      defaultValue: 512,
      description: `Maximum number of ${items} per export.`,
    }),
    scheduledDelayMs: integer({
      min: 0,
      max: MAX_MS,
      env: `${prefix}_SCHEDULE_DELAY`,
      defaultValue: scheduledDelayMs,
      description: `Delay between two exports of ${items}, in milliseconds.`,
    }),
    exportTimeoutMs: integer({
      min: 0,
      max: MAX_MS,
      env: `${prefix}_EXPORT_TIMEOUT`,
      defaultValue: 30_000,
      description: `Timeout of one export of ${items}, in milliseconds; 0 means no limit.`,
    }),
  };
}

/** The OTLP transport protocol of one signal. */
export function protocol(signal: 'TRACES' | 'METRICS' | 'LOGS'): Setting<OtlpProtocol> {
  return choice({
    choices: ['http/protobuf', 'http/json', 'grpc'],
    env: [`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, 'OTEL_EXPORTER_OTLP_PROTOCOL'],
    defaultValue: 'http/protobuf',
    description: 'The OTLP transport protocol.',
  });
}
