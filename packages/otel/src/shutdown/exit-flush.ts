import { diag } from '@opentelemetry/api';
import { reportLosses } from '../diagnostics/delivery-stats.ts';
import type { PendingExport } from './exit-handle.ts';
import { sendSync } from './sync-sender.ts';

/**
 * Exports in the 'exit' event, after `process.exit()` or a crash: the event loop does not turn again, so another thread
 * sends the requests while this one waits. The exit code stays the same.
 *
 * @param drain returns everything that is left; called once
 * @param timeoutMs the deadline of the export, read when it begins
 * @returns removes the listener
 */
export function handleExit(drain: () => readonly PendingExport[], timeoutMs: () => number): () => void {
  const listener = (): void => {
    try {
      sendPending(drain(), timeoutMs());
    } catch (error) {
      diag.error('Failed to export at exit', error);
    }
    reportLosses();
  };
  process.once('exit', listener);
  return () => process.off('exit', listener);
}

/**
 * Sends what is left, synchronously, and counts the outcome.
 *
 * @param timeoutMs the deadline; 0 sends nothing and counts every item as failed
 */
export function sendPending(pending: readonly PendingExport[], timeoutMs: number): void {
  const batches = pending.map(({ request }) => (timeoutMs === 0 ? undefined : request()));
  const requests = batches.flatMap((batch) => batch?.request ?? []);
  const accepted = requests.length === 0 ? [] : sendSync(requests, timeoutMs);
  for (const [index, { stats, count }] of pending.entries()) {
    const batch = batches[index];
    const delivered = batch !== undefined && accepted[requests.indexOf(batch.request)] ? batch.count : 0;
    stats.delivered += delivered;
    stats.refused += count - delivered;
  }
}
