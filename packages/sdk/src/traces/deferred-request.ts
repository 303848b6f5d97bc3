import type { ServerResponse } from 'node:http';
import { diag } from '@opentelemetry/api';
import { clock } from '../context/clock.ts';
import { defer, type DeferredTask } from '../context/deferred.ts';

/** A request whose beginning and end are put off, for who has functions to call then. */
export class DeferredRequest implements DeferredTask {
  readonly #response: ServerResponse;
  #count: ((requests: number) => void) | undefined;
  #end: ((endMs: number) => void) | undefined;
  #endMs = -1;
  #isPutOff = true;

  /**
   * @param count given 1 at the end of this turn, or before `end`
   * @param end given what `performance.now()` gave when the response closed
   */
  constructor(response: ServerResponse, count: (requests: number) => void, end: (endMs: number) => void) {
    this.#response = response;
    this.#count = count;
    this.#end = end;
    defer(this);
  }

  /** To be called when the response has closed. */
  closed(): void {
    if (this.#endMs !== -1) return;
    this.#endMs = clock.now();
    if (!this.#response.writableFinished) this.run();
    else if (!this.#isPutOff) defer(this);
  }

  run(): void {
    this.#isPutOff = false;
    const count = this.#count;
    this.#count = undefined;
    if (count !== undefined) callSafely(count, 1);
    if (this.#endMs === -1) return;
    const end = this.#end;
    this.#end = undefined;
    if (end !== undefined) callSafely(end, this.#endMs);
  }
}

function callSafely(who: (value: number) => void, value: number): void {
  try {
    who(value);
  } catch (fault) {
    diag.error('A request could not be recorded', fault);
  }
}
