import type { ServerResponse } from 'node:http';
import { type Context, createContextKey, type Span } from '@opentelemetry/api';

import { DeferredRequest } from './deferred-request.ts';
import { enterContext } from '../context/context-entry.ts';
import type { FastContext } from '../fast-path.ts';

/** The key of the API: equal descriptions return the same key. */
const spanKey = createContextKey('OpenTelemetry Context Key SPAN');

/** A context that adds a span to another context without copying it. */
export class ContextWithSpan implements Context, FastContext {
  readonly #base: Context;
  readonly #span: unknown;

  private constructor(base: Context, span: unknown) {
    this.#base = base;
    this.#span = span;
  }

  /** Returns the same values as the context that `trace.setSpan` returns. */
  static create(context: Context, span: Span): Context {
    return new ContextWithSpan(context instanceof ContextWithSpan ? context.#base : context, span);
  }

  deferRequest(
    response: ServerResponse,
    server: unknown,
    count: (requests: number) => void,
    end: (endMs: number) => void,
  ): Context | undefined {
    const request = new DeferredRequest(response, count, end);
    response.on('close', () => request.closed());
    return server !== undefined && enterContext(this, response.req, server) ? undefined : this;
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this.#span : this.#base.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return key === spanKey
      ? new ContextWithSpan(this.#base, value)
      : this.#base.setValue(key, value).setValue(spanKey, this.#span);
  }

  deleteValue(key: symbol): Context {
    const base = this.#base.deleteValue(key);
    return key === spanKey ? base : base.setValue(spanKey, this.#span);
  }
}
