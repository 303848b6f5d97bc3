import { diag } from '@opentelemetry/api';
import type { ExitRequest } from '@sonde/exporters';
import { reportLosses } from '../diagnostics/delivery-stats.ts';
import { sendSync } from './sync-sender.ts';

/**
 * Exports in the 'exit' event, after `process.exit()` or a crash: the event loop no longer runs, so a worker thread sends
 * the requests while this thread blocks. The exit code does not change.
 *
 * @param drain returns the requests that are not settled; called once
 * @param timeoutMs returns the timeout of the export; called when it begins
 * @param close called at the end
 * @returns a function that removes the listener
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
 * Sends the pending requests synchronously and reports their outcomes.
 *
 * @param timeoutMs the timeout; 0 sends nothing
 */
export function sendPending(pending: readonly ExitRequest[], timeoutMs: number): void {
  const requests = timeoutMs === 0 ? [] : pending.flatMap(({ request }) => request ?? []);
  const results = requests.length === 0 ? [] : sendSync(requests, timeoutMs);
  const byRequest = new Map(requests.map((request, index) => [request, results[index]]));
  for (const each of pending) {
    const result = each.request && byRequest.get(each.request);
    each.settle(result?.response, result?.error);
  }
}
