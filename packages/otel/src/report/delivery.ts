import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { notice, say } from './notice.ts';

/** What every push exporter has in common, whatever it sends. */
interface Exporter {
  export(batch: never, done: (result: ExportResult) => void): void;
}

type BatchOf<E extends Exporter> = Parameters<E['export']>[0];

/** Items handed to an exporter and not delivered: refused, or without an answer yet. */
interface Undelivered {
  refused: number;
  pending: number;
}

const counts = new Map<string, Undelivered>();

function countOf(items: string): Undelivered {
  const count = counts.get(items) ?? { refused: 0, pending: 0 };
  counts.set(items, count);
  return count;
}

/** Counts items that were lost before any exporter had them. */
export function lose(items: string, count: number): void {
  countOf(items).refused += count;
}

/** Forgets items that an exporter has but has not confirmed: they are sent another way. */
export function retake(items: string, count: number): void {
  const undelivered = countOf(items);
  undelivered.pending = Math.max(0, undelivered.pending - count);
}

/** Counts an item that found its queue full, and tells the first time. */
export function drop(items: string, maxQueueSize: number): void {
  countOf(items).refused += 1;
  notice(
    'SONDE_QUEUE_FULL',
    items,
    `${items} are dropped: ${maxQueueSize} wait for export already; the losses are told at exit`,
  );
}

function reason(error: (Error & { code?: string | number }) | undefined): string {
  if (error === undefined) return 'unknown error';
  const { code, message } = error;
  return code === undefined || message.includes(String(code)) ? message : `${code} ${message}`;
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
  const count = countOf(items);
  const send: (batch: BatchOf<E>, done: (result: ExportResult) => void) => void =
    exporter.export.bind(exporter);
  exporter.export = (batch: BatchOf<E>, done: (result: ExportResult) => void) => {
    const size = sizeOf(batch);
    count.pending += size;
    send(batch, (result) => {
      count.pending -= size;
      if (result.code !== ExportResultCode.SUCCESS) {
        count.refused += size;
        const message = `${items} do not reach ${destination}: ${reason(result.error)}; the losses are told at exit`;
        notice('SONDE_EXPORT_FAILED', items, message);
      }
      done(result);
    });
  };
  return exporter;
}

/** Tells what was not delivered since the last call, if anything was not. */
export function reportLosses(): void {
  const losses: string[] = [];
  for (const [items, count] of counts) {
    const total = count.refused + count.pending;
    if (total > 0) losses.push(`${items} ${total}`);
    count.refused = 0;
  }
  if (losses.length > 0) say(`sonde: not delivered: ${losses.join(', ')}`);
}
