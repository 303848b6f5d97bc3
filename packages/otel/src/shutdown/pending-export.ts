import type { OtlpBatch } from '@sonde/exporters';
import type { PendingExport } from './exit-flush.ts';
import type { DeliveryStats } from '../diagnostics/delivery-stats.ts';

/** An exporter; that of OTLP over HTTP can also say what it would send. */
interface Exporter<Batch> {
  export(batch: Batch, done: () => void): void;
  request?(batch: Batch): OtlpBatch | undefined;
}

/**
 * What can be done with a batch when the event loop has turned for the last time. An exporter without requests gets
 * it at once: one that works synchronously, such as into a file, still manages.
 *
 * @param count how many items the batch holds
 */
export function createPendingExport<Batch>(
  flow: DeliveryStats,
  exporter: Exporter<Batch>,
  batch: Batch,
  count: number,
): readonly PendingExport[] {
  if (count === 0) return [];
  if (exporter.request !== undefined) return [{ flow, count, request: () => exporter.request?.(batch) }];
  exporter.export(batch, () => {});
  return [];
}
