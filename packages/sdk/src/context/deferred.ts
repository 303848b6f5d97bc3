import { AsyncLocalStorage } from 'node:async_hooks';
import timers from 'node:timers';

/** Work that can run after the current event-loop turn. */
export interface DeferredTask {
  /** Runs the work. Does not throw. */
  run(): void;
}

/** Imported from the module, because applications' tests replace the global. */
const { setImmediate: schedule } = timers;

const outside = AsyncLocalStorage.snapshot();

let waiting: DeferredTask[] = [];

/**
 * Defers work to the end of the event-loop turn. Run in a row for many requests, its code and data stay in the processor
 * cache; run between the steps of one request, it would evict the application's.
 */
export function defer(task: DeferredTask): void {
  if (waiting.push(task) === 1) schedule(runDeferred);
}

/** Runs all deferred work, outside any context. Called before a flush or a collection. */
export function runDeferred(): void {
  if (waiting.length > 0) outside(runWaiting);
}

function runWaiting(): void {
  const tasks = waiting;
  waiting = [];
  for (const task of tasks) task.run();
}
