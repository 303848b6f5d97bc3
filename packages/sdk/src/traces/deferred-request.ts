import type { ServerResponse } from 'node:http';
import { diag } from '@opentelemetry/api';
import { clock } from '../context/clock.ts';
import { defer, type DeferredTask } from '../context/deferred.ts';

/** Defers a request's start and end callbacks to the end of the event-loop turn. */
export class DeferredRequest implements DeferredTask {
  readonly #response: ServerResponse;
  #count: ((requests: number) => void) | undefined;
  #end: ((endMs: number) => void) | undefined;
  #endMs = -1;
  #isDeferred = true;

  /**
   * @param count called with 1 at the end of the event-loop turn, always before `end`
   * @param end called with the value of `performance.now()` when the response closed
   */
  constructor(response: ServerResponse, count: (requests: number) => void, end: (endMs: number) => void) {
    this.#response = response;
    this.#count = count;
    this.#end = end;
    defer(this);
  }

  /** Called when the response has closed. A truncated response is recorded immediately. */
  closed(): void {
    if (this.#endMs !== -1) return;
    this.#endMs = clock.now();
    if (!this.#response.writableFinished) this.run();
    else if (!this.#isDeferred) defer(this);
  }

  run(): void {
    this.#isDeferred = false;
    const count = this.#count;
    this.#count = undefined;
    if (count !== undefined) callSafely(count, 1);
    if (this.#endMs === -1) return;
    const end = this.#end;
    this.#end = undefined;
    if (end !== undefined) callSafely(end, this.#endMs);
  }
}

function callSafely(callback: (value: number) => void, value: number): void {
  try {
    callback(value);
  } catch (error) {
    diag.error('failed to record a request', error);
  }
}
