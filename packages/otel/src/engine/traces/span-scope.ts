import type { IncomingMessage } from 'node:http';
import { type Context, createContextKey, type Span } from '@opentelemetry/api';
import { enter } from '../entered-context.ts';

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

  /** Enters this context while Node calls those who listen to a server: `@sonde/router` asks for it. */
  enter(request: IncomingMessage, server: unknown): boolean {
    return enter(this, request, server);
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
