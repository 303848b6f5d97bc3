import type { ServerResponse } from 'node:http';
import { diag } from '@opentelemetry/api';
import { clock } from '../clock.ts';
import { type PutOff, putOff } from '../end-of-turn.ts';

/** The end of a request, for who has a function to call then. */
export class RequestEnd implements PutOff {
  readonly #response: ServerResponse;
  readonly #end: (endMs: number) => void;
  #endMs = -1;

  /** @param end given what `performance.now()` gave when the response closed */
  constructor(response: ServerResponse, end: (endMs: number) => void) {
    this.#response = response;
    this.#end = end;
  }

  /** To be called when the response has closed. */
  closed(): void {
    if (this.#endMs !== -1) return;
    this.#endMs = clock.now();
    if (this.#response.writableFinished) putOff(this);
    else this.finish();
  }

  finish(): void {
    try {
      this.#end(this.#endMs);
    } catch (fault) {
      diag.error('The end of a request could not be recorded', fault);
    }
  }
}
