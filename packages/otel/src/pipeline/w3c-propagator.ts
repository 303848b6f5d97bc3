import { type Context, defaultTextMapGetter, type TextMapGetter } from '@opentelemetry/api';
import { CompositePropagator } from '@opentelemetry/core';
import { applicationApi } from './api-copy.ts';

interface W3cFields {
  readonly traceparent?: unknown;
  readonly baggage?: unknown;
}

/** Propagates W3C trace context, baggage or both. A request without their headers costs two property reads. */
export class W3cPropagator extends CompositePropagator {
  /** Whether a getter is the default one of a copy of the API, which only reads properties. */
  readonly #isDefault = new WeakMap<TextMapGetter, boolean>([[defaultTextMapGetter, true]]);
  /** The default getter that was used last. */
  #lastDefault: TextMapGetter = defaultTextMapGetter;

  override extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const isPlain = getter === this.#lastDefault || this.#isDefaultGetter(getter);
    return isPlain && hasNoFields(carrier as W3cFields | null | undefined)
      ? context
      : super.extract(context, carrier, getter);
  }

  #isDefaultGetter(getter: TextMapGetter): boolean {
    let isDefault = this.#isDefault.get(getter);
    if (isDefault === undefined) {
      isDefault = getter === applicationApi().defaultTextMapGetter;
      this.#isDefault.set(getter, isDefault);
    }
    if (isDefault) this.#lastDefault = getter;
    return isDefault;
  }
}

/** `tracestate` has no meaning without `traceparent`. */
function hasNoFields(carrier: W3cFields | null | undefined): boolean {
  return carrier?.traceparent === undefined && carrier?.baggage === undefined;
}
