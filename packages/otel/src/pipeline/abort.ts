/**
 * Ends the exports of an exporter that are under way, if it is one of those that can.
 *
 * @returns whether it is
 */
export function abort(exporter: object): boolean {
  if (!('abort' in exporter) || typeof exporter.abort !== 'function') return false;
  exporter.abort();
  return true;
}
