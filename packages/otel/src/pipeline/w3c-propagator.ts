import { type Context, defaultTextMapGetter, type TextMapGetter } from '@opentelemetry/api';
import { CompositePropagator } from '@opentelemetry/core';
import { applicationApi } from '../application-api.ts';

interface W3cFields {
  readonly traceparent?: unknown;
  readonly baggage?: unknown;
}

/** W3C trace context and baggage, either or both. The headers of a request that has neither cost one look. */
export class W3cPropagator extends CompositePropagator {
  /** The getter that was asked with last, of those that read a member. */
  #plain: TextMapGetter = defaultTextMapGetter;
  readonly #others = new WeakSet<TextMapGetter>();

  override extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const isPlain = getter === this.#plain || this.#isPlain(getter);
    return isPlain && isWithout(carrier as W3cFields | null | undefined)
      ? context
      : super.extract(context, carrier, getter);
  }

  /** Whether a getter is the one of a copy of the API, for which there is no need to ask it. */
  #isPlain(getter: TextMapGetter): boolean {
    if (this.#others.has(getter)) return false;
    const isDefault = getter === defaultTextMapGetter || getter === applicationApi().defaultTextMapGetter;
    if (isDefault) this.#plain = getter;
    else this.#others.add(getter);
    return isDefault;
  }
}

/** Without `traceparent`, `tracestate` says nothing. */
function isWithout(carrier: W3cFields | null | undefined): boolean {
  return carrier?.traceparent === undefined && carrier?.baggage === undefined;
}
