/** The operations of a signal's pipeline that the end of the process needs. */
export interface ExitHandle {
  /** Exports synchronously, once, all telemetry whose export has not completed. */
  drain(): void;
  /**
   * Aborts the exports in flight, because their deadline has passed.
   *
   * @returns whether no remaining export can keep the process alive
   */
  abort(): boolean;
}

/**
 * Exports a batch after the last turn of the event loop. A synchronous exporter, for example into a file, still succeeds;
 * those for OTLP add the batch to the delivery queue.
 */
export function exportNow<Batch>(
  exporter: { export(batch: Batch, done: () => void): void },
  batch: Batch,
): void {
  exporter.export(batch, () => {});
}

/**
 * Aborts the exports of an exporter in flight.
 *
 * @returns whether the exporter supports this
 */
export function abortExport(exporter: object): boolean {
  if (!('abort' in exporter) || typeof exporter.abort !== 'function') return false;
  exporter.abort();
  return true;
}
