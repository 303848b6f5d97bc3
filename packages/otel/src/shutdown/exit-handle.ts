import type { OtlpBatch } from '@sonde/exporters';
import type { DeliveryStats } from '../diagnostics/delivery-stats.ts';

/** A batch that is left when the process ends. */
export interface PendingExport {
  readonly stats: DeliveryStats;
  readonly count: number;
  /** Undefined when the batch cannot be encoded. */
  readonly request: () => OtlpBatch | undefined;
}

/** The part of a signal's pipeline that the end of the process uses. */
export interface ExitHandle {
  /** Gives up, once, everything that is not known to be exported. */
  drain(): readonly PendingExport[];
  /**
   * Ends the exports that are under way: their deadline has passed.
   *
   * @returns whether no export is left that could keep the process alive
   */
  abort(): boolean;
}

/** An exporter; the ones for OTLP over HTTP can also return the request that they would send. */
interface Exporter<Batch> {
  export(batch: Batch, done: () => void): void;
  request?(batch: Batch): OtlpBatch | undefined;
}

/**
 * Prepares the export of a batch after the last turn of the event loop. An exporter without requests receives the
 * batch at once: one that works synchronously, for example into a file, still succeeds.
 *
 * @param count how many items the batch holds
 */
export function createPendingExport<Batch>(
  stats: DeliveryStats,
  exporter: Exporter<Batch>,
  batch: Batch,
  count: number,
): readonly PendingExport[] {
  if (count === 0) return [];
  if (exporter.request !== undefined) return [{ stats, count, request: () => exporter.request?.(batch) }];
  exporter.export(batch, () => {});
  return [];
}

/**
 * Ends the exports of an exporter that are under way, if it supports that.
 *
 * @returns whether it does
 */
export function abortExport(exporter: object): boolean {
  if (!('abort' in exporter) || typeof exporter.abort !== 'function') return false;
  exporter.abort();
  return true;
}
