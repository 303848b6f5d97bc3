/** The part of a signal's pipeline that the end of the process uses. */
export interface ExitHandle {
  /** Exports, once and at once, everything that is not known to be exported. */
  drain(): void;
  /**
   * Ends the exports that are under way: their deadline has passed.
   *
   * @returns whether no export is left that could keep the process alive
   */
  abort(): boolean;
}

/**
 * Exports a batch after the last turn of the event loop. An exporter that works synchronously, for example into a file, still
 * succeeds; those for OTLP put it into the delivery queue.
 */
export function exportNow<Batch>(
  exporter: { export(batch: Batch, done: () => void): void },
  batch: Batch,
): void {
  exporter.export(batch, () => {});
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
