import type { OtlpBatch } from '@sonde/exporters';
import type { Leftover } from '../exit/last-export.ts';
import type { Flow } from '../report/flow.ts';

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
export function leftover<Batch>(
  flow: Flow,
  exporter: Exporter<Batch>,
  batch: Batch,
  count: number,
): readonly Leftover[] {
  if (count === 0) return [];
  if (exporter.request !== undefined) return [{ flow, count, request: () => exporter.request?.(batch) }];
  exporter.export(batch, () => {});
  return [];
}
