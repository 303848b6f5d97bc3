import { diag } from '@opentelemetry/api';
import { type Flow, reportLosses } from '../report/flow.ts';
import { type OtlpRequest, sendAndWait } from './sender.ts';

/** A part of what is left when the process ends. Without a request it cannot be sent any more. */
export interface Leftover {
  readonly flow: Flow;
  readonly count: number;
  readonly request: OtlpRequest | undefined;
}

/**
 * In the 'exit' event the event loop has turned for the last time: after `process.exit()` or a crash. What is left
 * then is sent by another thread while this one waits. The exit code stays what it is.
 *
 * @param take gives up all that is left; called once
 * @param timeoutMs how long it may take, asked when it begins
 * @returns stops listening
 */
export function handleExit(take: () => readonly Leftover[], timeoutMs: () => number): () => void {
  const listener = (): void => {
    try {
      sendLeftovers(take(), timeoutMs());
    } catch (error) {
      diag.error('The last telemetry could not be sent', error);
    }
    reportLosses();
  };
  process.once('exit', listener);
  return () => process.off('exit', listener);
}

function sendLeftovers(leftovers: readonly Leftover[], timeoutMs: number): void {
  const requests = leftovers.flatMap(({ request }) => request ?? []);
  const accepted = requests.length === 0 || timeoutMs === 0 ? [] : sendAndWait(requests, timeoutMs);
  for (const { flow, count, request } of leftovers) {
    if (request !== undefined && accepted[requests.indexOf(request)]) flow.delivered += count;
    else flow.refused += count;
  }
}
