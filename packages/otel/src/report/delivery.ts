import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { Flow } from './flow.ts';
import { notice } from './notice.ts';

/** What every push exporter has in common, whatever it sends. */
interface Exporter {
  export(batch: never, done: (result: ExportResult) => void): void;
}

type BatchOf<E extends Exporter> = Parameters<E['export']>[0];

function reason(error: (Error & { code?: string | number }) | undefined): string {
  if (error === undefined) return 'unknown error';
  const { code, message } = error;
  return code === undefined || message.includes(String(code)) ? message : `${code} ${message}`;
}

/**
 * Watches what an exporter answers: the flow counts it, and the first failure is told.
 *
 * @param flow what it sends
 * @param destination where to
 * @param sizeOf how many items a batch holds
 */
export function watchDelivery<E extends Exporter>(
  exporter: E,
  flow: Flow,
  destination: string,
  sizeOf: (batch: BatchOf<E>) => number,
): E {
  const send: (batch: BatchOf<E>, done: (result: ExportResult) => void) => void =
    exporter.export.bind(exporter);
  exporter.export = (batch: BatchOf<E>, done: (result: ExportResult) => void) => {
    const size = sizeOf(batch);
    flow.pending += size;
    send(batch, (result) => {
      flow.retake(size);
      if (result.code === ExportResultCode.SUCCESS) flow.delivered += size;
      else {
        flow.refused += size;
        const message = `${flow.items} do not reach ${destination}: ${reason(result.error)}; the losses are told at exit`;
        notice('SONDE_EXPORT_FAILED', flow.items, message);
      }
      done(result);
    });
  };
  return exporter;
}
