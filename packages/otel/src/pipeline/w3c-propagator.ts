import { type Context, defaultTextMapGetter, type TextMapGetter } from '@opentelemetry/api';
import { CompositePropagator } from '@opentelemetry/core';
import { applicationApi } from './api-copy.ts';

interface W3cFields {
  readonly traceparent?: unknown;
  readonly baggage?: unknown;
}

/** Propagates W3C trace context, baggage or both. For a request without their headers it reads only two properties. */
export class W3cPropagator extends CompositePropagator {
  /** Maps a getter to whether it is the default getter of a copy of the API, which only reads properties. */
  readonly #isDefault = new WeakMap<TextMapGetter, boolean>([[defaultTextMapGetter, true]]);
  /** The default getter of the last call, for a faster check. */
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

/** Whether the carrier has no fields to extract; `tracestate` is ignored without `traceparent`. */
function hasNoFields(carrier: W3cFields | null | undefined): boolean {
  try {
    return carrier?.traceparent === undefined && carrier?.baggage === undefined;
  } catch {
    // The propagators of the list report what they cannot read.
    return false;
  }
}
