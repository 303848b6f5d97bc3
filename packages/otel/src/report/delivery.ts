import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { notice, say } from './notice.ts';

/** What every push exporter has in common, whatever it sends. */
interface Exporter {
  export(batch: never, done: (result: ExportResult) => void): void;
}

type BatchOf<E extends Exporter> = Parameters<E['export']>[0];

const lost = new Map<string, number>();

function reason(error: Error | undefined): string {
  if (error === undefined) return 'unknown error';
  const { code } = error as Error & { code?: unknown };
  return typeof code === 'string' || typeof code === 'number'
    ? `${code} ${error.message}`.trim()
    : error.message;
}

/**
 * Watches what an exporter answers: the first failure is told, and what was not delivered is counted.
 *
 * @param items what it sends: `spans`
 * @param destination where to
 * @param sizeOf how many items a batch holds
 */
export function watchDelivery<E extends Exporter>(
  exporter: E,
  items: string,
  destination: string,
  sizeOf: (batch: BatchOf<E>) => number,
): E {
  const send: (batch: BatchOf<E>, done: (result: ExportResult) => void) => void =
    exporter.export.bind(exporter);
  exporter.export = (batch: BatchOf<E>, done: (result: ExportResult) => void) => {
    send(batch, (result) => {
      if (result.code !== ExportResultCode.SUCCESS) {
        lost.set(items, (lost.get(items) ?? 0) + sizeOf(batch));
        notice(
          'SONDE_EXPORT_FAILED',
          items,
          `${items} do not reach ${destination}: ${reason(result.error)}; the total of what is lost is told at exit`,
        );
      }
      done(result);
    });
  };
  return exporter;
}

/** Tells what was lost since the last call, if anything was. */
export function reportLosses(): void {
  const losses = [...lost].map(([items, count]) => `${count} ${items}`);
  lost.clear();
  if (losses.length > 0) say(`sonde: not delivered: ${losses.join(', ')}`);
}
