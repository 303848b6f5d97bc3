import { AsyncLocalStorage } from 'node:async_hooks';
import timers from 'node:timers';

/** What has a rest to do that nobody waits for. */
export interface PutOff {
  /** Does the rest. It does not throw. */
  finish(): void;
}

/** That of Node, whatever an application's tests put in its place. */
const { setImmediate: schedule } = timers;

const outside = AsyncLocalStorage.snapshot();

let waiting: PutOff[] = [];

/**
 * Puts a rest off until the event loop has handled all that arrived together. What is done many times in a row is in the
 * processor's cache; done between the steps of a request, it is fetched anew each time, and drives out what comes next.
 */
export function putOff(rest: PutOff): void {
  if (waiting.push(rest) === 1) schedule(finishAll);
}

/** Does what was put off, in no context, for it is of many requests: who collects or flushes wants all of it. */
export function finishAll(): void {
  if (waiting.length > 0) outside(finishWaiting);
}

function finishWaiting(): void {
  const rests = waiting;
  waiting = [];
  for (const rest of rests) rest.finish();
}
