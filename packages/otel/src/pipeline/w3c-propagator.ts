import { type Context, defaultTextMapGetter, type TextMapGetter } from '@opentelemetry/api';
import { CompositePropagator } from '@opentelemetry/core';
import { applicationApi } from './api-copy.ts';

interface W3cFields {
  readonly traceparent?: unknown;
  readonly baggage?: unknown;
}

/** W3C trace context and baggage, either or both. The headers of a request that has neither cost one look. */
export class W3cPropagator extends CompositePropagator {
  /** Whether a getter reads a member and nothing else: that of each copy of the API does, and there is no need to ask it. */
  readonly #isDefault = new WeakMap<TextMapGetter, boolean>([[defaultTextMapGetter, true]]);
  /** The last one that does. */
  #plain: TextMapGetter = defaultTextMapGetter;

  override extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const isPlain = getter === this.#plain || this.#isPlain(getter);
    return isPlain && isWithout(carrier as W3cFields | null | undefined)
      ? context
      : super.extract(context, carrier, getter);
  }

  #isPlain(getter: TextMapGetter): boolean {
    let isDefault = this.#isDefault.get(getter);
    if (isDefault === undefined) {
      isDefault = getter === applicationApi().defaultTextMapGetter;
      this.#isDefault.set(getter, isDefault);
    }
    if (isDefault) this.#plain = getter;
    return isDefault;
  }
}

/** Without `traceparent`, `tracestate` says nothing. */
function isWithout(carrier: W3cFields | null | undefined): boolean {
  return carrier?.traceparent === undefined && carrier?.baggage === undefined;
}
