import { AsyncLocalStorage } from 'node:async_hooks';
import timers from 'node:timers';

/** What has a rest to do that nobody waits for. */
export interface DeferredTask {
  /** Does the rest. It does not throw. */
  run(): void;
}

/** That of Node, whatever an application's tests put in its place. */
const { setImmediate: schedule } = timers;

const outside = AsyncLocalStorage.snapshot();

let waiting: DeferredTask[] = [];

/**
 * Puts a rest off until the event loop has handled all that arrived together. What is done many times in a row is in the
 * processor's cache; done between the steps of a request, it is fetched anew each time, and drives out what comes next.
 */
export function defer(task: DeferredTask): void {
  if (waiting.push(task) === 1) schedule(runDeferred);
}

/** Does what was put off, in no context, for it is of many requests: who collects or flushes wants all of it. */
export function runDeferred(): void {
  if (waiting.length > 0) outside(runWaiting);
}

function runWaiting(): void {
  const tasks = waiting;
  waiting = [];
  for (const rest of tasks) rest.run();
}
