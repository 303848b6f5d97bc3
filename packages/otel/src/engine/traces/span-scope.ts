import type { ServerResponse } from 'node:http';
import { type Context, createContextKey, type Span } from '@opentelemetry/api';
import { enter } from '../entered-context.ts';
import { FollowedRequest } from './followed-request.ts';

/** The API's own key: it gives the same for the same text. */
const spanKey = createContextKey('OpenTelemetry Context Key SPAN');

/** A context with a span in front of another context, of which nothing is copied. */
export class SpanScope implements Context {
  readonly #rest: Context;
  readonly #span: unknown;

  private constructor(rest: Context, span: unknown) {
    this.#rest = rest;
    this.#span = span;
  }

  /** What `trace.setSpan` gives, for less. */
  static of(context: Context, span: Span): Context {
    return new SpanScope(context instanceof SpanScope ? context.#rest : context, span);
  }

  /**
   * Calls `count` with 1 soon and `end` when a response is over, and enters this context while Node calls those who listen
   * to `server`: `@sonde/router` asks for it.
   *
   * @returns this context, where it is not entered
   */
  follow(
    response: ServerResponse,
    server: unknown,
    count: (requests: number) => void,
    end: (endMs: number) => void,
  ): Context | undefined {
    const followed = new FollowedRequest(response, count, end);
    response.on('close', () => followed.closed());
    return server !== undefined && enter(this, response.req, server) ? undefined : this;
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this.#span : this.#rest.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return key === spanKey
      ? new SpanScope(this.#rest, value)
      : this.#rest.setValue(key, value).setValue(spanKey, this.#span);
  }

  deleteValue(key: symbol): Context {
    const rest = this.#rest.deleteValue(key);
    return key === spanKey ? rest : rest.setValue(spanKey, this.#span);
  }
}
