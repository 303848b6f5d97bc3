import type { ServerResponse } from 'node:http';
import { type Context, createContextKey, type Span } from '@opentelemetry/api';

import { DeferredRequest } from './deferred-request.ts';
import { enterContext } from '../context/context-entry.ts';
import type { FastContext } from '../fast-path.ts';

/** The API's own key: it gives the same for the same text. */
const spanKey = createContextKey('OpenTelemetry Context Key SPAN');

/** A context with a span in front of another context, of which nothing is copied. */
export class ContextWithSpan implements Context, FastContext {
  readonly #rest: Context;
  readonly #span: unknown;

  private constructor(rest: Context, span: unknown) {
    this.#rest = rest;
    this.#span = span;
  }

  /** Returns the same values as the context that `trace.setSpan` returns. */
  static create(context: Context, span: Span): Context {
    return new ContextWithSpan(context instanceof ContextWithSpan ? context.#rest : context, span);
  }

  deferRequest(
    response: ServerResponse,
    server: unknown,
    count: (requests: number) => void,
    end: (endMs: number) => void,
  ): Context | undefined {
    const followed = new DeferredRequest(response, count, end);
    response.on('close', () => followed.closed());
    return server !== undefined && enterContext(this, response.req, server) ? undefined : this;
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this.#span : this.#rest.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return key === spanKey
      ? new ContextWithSpan(this.#rest, value)
      : this.#rest.setValue(key, value).setValue(spanKey, this.#span);
  }

  deleteValue(key: symbol): Context {
    const rest = this.#rest.deleteValue(key);
    return key === spanKey ? rest : rest.setValue(spanKey, this.#span);
  }
}
