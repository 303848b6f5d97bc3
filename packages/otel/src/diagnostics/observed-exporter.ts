import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { DeliveryStats } from './delivery-stats.ts';
import { warnOnce } from './notice.ts';

/** What an export came to; our exporters also say how many items of a success were not delivered after all. */
type Result = ExportResult & { readonly rejected?: number };

/** What every push exporter has in common, whatever it sends. */
interface Exporter {
  export(batch: never, done: (result: Result) => void): void;
}

type ExportedBatch<E extends Exporter> = Parameters<E['export']>[0];

function reason(error: (Error & { code?: string | number }) | undefined): string {
  if (error === undefined) return 'unknown error';
  const { code = '', message } = error;
  const isOwn = String(code).startsWith('SONDE_');
  return code === '' || isOwn || message.includes(String(code)) ? message : `${code} ${message}`;
}

/**
 * Watches what an exporter answers: the flow counts it, and the first failure is told.
 *
 * @param flow what it sends
 * @param destination where to
 * @param sizeOf how many items a batch holds
 */
export function observeExporter<E extends Exporter>(
  exporter: E,
  flow: DeliveryStats,
  destination: string,
  sizeOf: (batch: ExportedBatch<E>) => number,
): E {
  const send: (batch: ExportedBatch<E>, done: (result: Result) => void) => void =
    exporter.export.bind(exporter);
  exporter.export = (batch: ExportedBatch<E>, done: (result: Result) => void) => {
    const size = sizeOf(batch);
    flow.pending += size;
    send(batch, (result) => {
      const { code, error, rejected = 0 } = result;
      flow.requeue(size);
      if (code === ExportResultCode.SUCCESS) {
        flow.delivered += size - rejected;
        flow.refused += rejected;
      } else {
        flow.refused += size;
        const message = `${flow.items} do not reach ${destination}: ${reason(error)}; the losses are told at exit`;
        warnOnce('SONDE_EXPORT_FAILED', flow.items, message);
      }
      done(result);
    });
  };
  return exporter;
}

/** How many points there are in all metrics together. */
export function countPoints({ scopeMetrics }: ResourceMetrics): number {
  return scopeMetrics
    .flatMap(({ metrics }) => metrics)
    .reduce((sum, metric) => sum + metric.dataPoints.length, 0);
}
