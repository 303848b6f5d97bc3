import { type Context, createContextKey, type Span, trace } from '@opentelemetry/api';

/** The API's own key: it gives the same one for the same text. */
const spanKey = createContextKey('OpenTelemetry Context Key SPAN');

/** What `trace.setSpan` gives, for less: the context below is not copied. */
export class SpanLayer implements Context {
  readonly #below: Context;
  readonly #span: Span;

  constructor(below: Context, span: Span) {
    this.#below = below;
    this.#span = span;
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this.#span : this.#below.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#copy.setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#copy.deleteValue(key);
  }

  get #copy(): Context {
    return trace.setSpan(this.#below, this.#span);
  }
}
