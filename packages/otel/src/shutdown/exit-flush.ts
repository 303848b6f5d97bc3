import { diag } from '@opentelemetry/api';
import type { ExitRequest } from '@sonde/exporters';
import { reportLosses } from '../diagnostics/delivery-stats.ts';
import { sendSync } from './sync-sender.ts';

/**
 * Exports in the 'exit' event, after `process.exit()` or a crash: the event loop does not turn again, so another thread
 * sends the requests while this one waits. The exit code stays the same.
 *
 * @param drain returns everything that is left; called once
 * @param timeoutMs the deadline of the export, read when it begins
 * @param close called at the end
 * @returns removes the listener
 */
export function handleExit(
  drain: () => readonly ExitRequest[],
  timeoutMs: () => number,
  close: () => void,
): () => void {
  const listener = (): void => {
    try {
      sendPending(drain(), timeoutMs());
      close();
    } catch (error) {
      diag.error('Failed to export at exit', error);
    }
    reportLosses();
  };
  process.once('exit', listener);
  return () => process.off('exit', listener);
}

/**
 * Sends what is left, synchronously, and reports the outcome.
 *
 * @param timeoutMs the deadline; 0 sends nothing
 */
export function sendPending(pending: readonly ExitRequest[], timeoutMs: number): void {
  const requests = timeoutMs === 0 ? [] : pending.flatMap(({ request }) => request ?? []);
  const results = requests.length === 0 ? [] : sendSync(requests, timeoutMs);
  const byRequest = new Map(requests.map((request, index) => [request, results[index]]));
  for (const each of pending) {
    const result = each.request && byRequest.get(each.request);
    each.settle(result?.answer, result?.error);
  }
}
