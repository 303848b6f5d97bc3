import { diag } from '@opentelemetry/api';
import type { OtlpBatch } from '@sonde/exporters';
import { type DeliveryStats, reportLosses } from '../diagnostics/delivery-stats.ts';
import { sendSync } from './sync-sender.ts';

/** A part of what is left when the process ends. */
export interface PendingExport {
  readonly flow: DeliveryStats;
  readonly count: number;
  /** Undefined for what cannot be sent any more. */
  readonly request: () => OtlpBatch | undefined;
}

/** What the end of the process wants of a signal's way out. */
export interface ExitHandle {
  /** Gives up, once, what has not left yet. */
  drain(): readonly PendingExport[];
  /**
   * Ends the exports that are under way: the time for them is over.
   *
   * @returns whether none is left that could keep the process
   */
  abort(): boolean;
}

/**
 * In the 'exit' event the event loop has turned for the last time: after `process.exit()` or a crash. What is left
 * then is sent by another thread while this one waits. The exit code stays what it is.
 *
 * @param take gives up all that is left; called once
 * @param timeoutMs how long it may take, asked when it begins
 * @returns stops listening
 */
export function handleExit(take: () => readonly PendingExport[], timeoutMs: () => number): () => void {
  const listener = (): void => {
    try {
      sendPending(take(), timeoutMs());
    } catch (error) {
      diag.error('The last telemetry could not be sent', error);
    }
    reportLosses();
  };
  process.once('exit', listener);
  return () => process.off('exit', listener);
}

/** @param timeoutMs 0 sends nothing, and counts it as lost */
export function sendPending(leftovers: readonly PendingExport[], timeoutMs: number): void {
  const batches = leftovers.map(({ request }) => (timeoutMs === 0 ? undefined : request()));
  const requests = batches.flatMap((batch) => batch?.request ?? []);
  const accepted = requests.length === 0 ? [] : sendSync(requests, timeoutMs);
  for (const [index, { flow, count }] of leftovers.entries()) {
    const batch = batches[index];
    const delivered = batch !== undefined && accepted[requests.indexOf(batch.request)] ? batch.count : 0;
    flow.delivered += delivered;
    flow.refused += count - delivered;
  }
}
