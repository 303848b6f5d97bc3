import type { ExporterName, OtlpProtocol } from '../../options.ts';
import { integer, custom, type Setting, choice, words } from '../setting.ts';

export const maxMs: number = 2 ** 31 - 1;

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Whether a value is an object with all of these methods. */
export const has =
  (...methods: string[]) =>
  (value: unknown): boolean =>
    isObject(value) &&
    methods.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

/** Whether a value is an array of what `accepts` accepts. */
export const listOf =
  (accepts: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every((each) => accepts(each));

/** Texts of any kind; in an environment variable separated by commas. */
export function list(about: {
  items: string;
  description: string;
  env: string;
  defaultValue?: readonly string[];
}): Setting<readonly string[]> {
  return custom<readonly string[]>({
    ...about,
    allowed: `a list of ${about.items}`,
    accepts: listOf((value) => typeof value === 'string' && value !== ''),
    read: (text) =>
      text
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
  });
}

const exporterNames: readonly ExporterName[] = ['otlp', 'console', 'none'];

/** An exporter by name, several of them, or one of the user's own. */
export type ExporterChoice<E extends object> = ExporterName | readonly ExporterName[] | E;

/** An exporter by name, several by environment variable, or one of the user's own. */
export function exporter<E extends object>(env: string, description: string): Setting<ExporterChoice<E>> {
  const names = words({ description: description, words: exporterNames });
  return custom<ExporterChoice<E>>({
    env,
    description: description,
    defaultValue: 'otlp',
    allowed: `${exporterNames.map((name) => `"${name}"`).join(', ')}, a list of them, or an exporter object`,
    accepts: (value) =>
      exporterNames.includes(value as ExporterName) ||
      names.accepts(value) ||
      has('export', 'shutdown')(value),
    read: names.parse,
  });
}

/** How spans or log records are batched: the settings of the specification's batching processors. */
export function batch(
  items: string,
  prefix: string,
  scheduledDelayMs: number,
): Record<'maxQueueSize' | 'maxExportBatchSize' | 'scheduledDelayMs' | 'exportTimeoutMs', Setting<number>> {
  const count = { min: 1, max: 1_000_000 };
  return {
    maxQueueSize: integer({
      ...count,
      env: `${prefix}_MAX_QUEUE_SIZE`,
      defaultValue: 32_768,
      description: `The most ${items} that wait for export; more are dropped. The specification's default is 2048, less than one burst.`,
    }),
    maxExportBatchSize: integer({
      ...count,
      env: `${prefix}_MAX_EXPORT_BATCH_SIZE`,
      defaultValue: 512,
      description: `The most ${items} in one export.`,
    }),
    scheduledDelayMs: integer({
      min: 0,
      max: maxMs,
      env: `${prefix}_SCHEDULE_DELAY`,
      defaultValue: scheduledDelayMs,
      description: `Milliseconds between two exports of ${items}.`,
    }),
    exportTimeoutMs: integer({
      min: 1,
      max: maxMs,
      env: `${prefix}_EXPORT_TIMEOUT`,
      defaultValue: 30_000,
      description: `Milliseconds that one export of ${items} may take.`,
    }),
  };
}

/** The OTLP transport of one signal. */
export function protocol(signal: string): Setting<OtlpProtocol> {
  return choice({
    choices: ['http/protobuf', 'http/json', 'grpc'],
    env: [`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`, 'OTEL_EXPORTER_OTLP_PROTOCOL'],
    defaultValue: 'http/protobuf',
    description: 'The OTLP transport.',
  });
}
