import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { DeliveryStats, ErrorType } from './delivery-stats.ts';
import { warnOnce } from './notice.ts';

/**
 * The result of an export. Those for OTLP add how many items of a success were rejected, and how many need no delivery by this
 * process any more: a later export supersedes them, or they are on disk.
 */
type Result = ExportResult & {
  readonly rejected?: number;
  readonly superseded?: number;
  readonly spooled?: number;
};

/** The methods that all push exporters have in common. */
interface PushExporter {
  export(batch: never, done: (result: Result) => void): void;
  forceFlush?(): Promise<void>;
  shutdown(): Promise<void>;
}

type ExportedBatch<E extends PushExporter> = Parameters<E['export']>[0];

/** Where an exporter's results are counted, and how they are reported. */
export interface ObservationOptions<Batch> {
  readonly stats: DeliveryStats;
  /** The address or the name of the exporter, for the warning. */
  readonly destination: string;
  readonly countItems: (batch: Batch) => number;
}

/** Methods that some exporters have: callers check for them, so only those that exist are forwarded. */
const optionalMethods = [
  'abort',
  'createBatch',
  'selectAggregation',
  'selectAggregationTemporality',
] as const;

/** An error of an exporter; those of connections and of OTLP have a code. */
type ExportError = Error & { readonly code?: string | number };

function failureReason(error: ExportError | undefined): string {
  if (error === undefined) return 'unknown error';
  const { code = '', message } = error;
  const isOwn = String(code).startsWith('SONDE_');
  return code === '' || isOwn || message.includes(String(code)) ? message : `${code} ${message}`;
}

function errorType(error: ExportError | undefined): ErrorType | undefined {
  if (error?.code === 'SONDE_OTLP_QUEUE_FULL') return 'queue_full';
  return error?.code === 'SONDE_OTLP_TIMEOUT' ? 'timeout' : undefined;
}

/** Wraps an exporter: counts exported, rejected and failed items, and warns once about the first failure. */
export function observeExporter<E extends PushExporter>(
  exporter: E,
  { stats, destination, countItems }: ObservationOptions<ExportedBatch<E>>,
): E {
  const settle = (size: number, result: Result | undefined): void => {
    stats.requeue(size);
    const isSuccess = result?.code === ExportResultCode.SUCCESS;
    const { rejected = 0, superseded = 0, spooled = 0 } = result ?? {};
    const refused = isSuccess ? Math.min(size, rejected) : size;
    stats.refuse(refused, isSuccess && result.error === undefined ? 'rejected' : errorType(result?.error));
    if (isSuccess) stats.delivered += Math.max(0, size - refused - superseded - spooled);
    if (isSuccess && result.error === undefined) return;
    const message = `failed to export ${stats.items} to ${destination}: ${failureReason(result?.error)}; dropped items are reported at exit`;
    warnOnce('SONDE_EXPORT_FAILED', `${stats.items} ${destination}`, message);
  };
  const observed = {
    export(batch: ExportedBatch<E>, done: (result: Result) => void): void {
      const size = countItems(batch);
      let isSettled = false;
      const answer = (result: Result): void => {
        if (isSettled) return;
        isSettled = true;
        settle(size, result);
        done(result);
      };
      const fail = (error: unknown): void =>
        answer({
          code: ExportResultCode.FAILED,
          error: error instanceof Error ? error : new Error(String(error)),
        });
      stats.pending += size;
      try {
        // An exporter that an application wrote may return a promise, which nobody else would catch.
        const returned: unknown = exporter.export(batch, answer);
        if (returned instanceof Promise) returned.catch(fail);
      } catch (error) {
        fail(error);
      }
    },
    forceFlush: async (): Promise<void> => exporter.forceFlush?.(),
    shutdown: async (): Promise<void> => exporter.shutdown(),
  };
  const isQueued: unknown = Reflect.get(exporter, 'isQueued');
  if (typeof isQueued === 'boolean') Reflect.set(observed, 'isQueued', isQueued);
  for (const name of optionalMethods) {
    const method: unknown = Reflect.get(exporter, name);
    if (typeof method === 'function') Reflect.set(observed, name, method.bind(exporter));
  }
  return observed as unknown as E;
}

/** How many points there are in all metrics together. */
export function countPoints({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .reduce((sum, metric) => sum + metric.dataPoints.length, 0);
}
