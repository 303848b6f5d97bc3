// The members that the spans and contexts of `@sonde/otel` have in addition to the API, all of them optional: with any
// other SDK the router uses the API alone. `packages/sdk/src/fast-path.ts` declares the same; a type test compares them.
import type { ServerResponse } from 'node:http';
import type { Attributes, Context, Span } from '@opentelemetry/api';

/** A span that may have cheaper versions of two operations of the API. */
export interface FastSpan extends Span {
  /** Sets attributes whose names are new to the span, which may keep the object. */
  adopt?(attributes: Attributes): void;
  /** Equivalent to `trace.setSpan(parent, span)`. */
  within?(parent: Context): Context;
}

/** The context of a request that may defer the telemetry of its start and end. */
export interface FastContext extends Context {
  /**
   * Calls `count` with 1 at the end of the event-loop turn, and `end` after the response has closed, with the
   * `performance.now()` of that moment. Enters the context while Node.js calls the listeners of `server`.
   *
   * @returns the context when it was not entered: the caller then uses `context.with`
   */
  deferRequest?(
    response: ServerResponse,
    server: unknown,
    count: (requests: number) => void,
    end: (endMs: number) => void,
  ): Context | undefined;
}
