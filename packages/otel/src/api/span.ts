import {
  type Attributes,
  type Context,
  context,
  createContextKey,
  diag,
  INVALID_SPAN_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_MESSAGE,
  ATTR_EXCEPTION_TYPE,
} from '@opentelemetry/semantic-conventions';

import { state } from '../state.ts';
import { version } from '../version.ts';
import { type Callable, wrap } from './wrap-function.ts';
import type { Observer } from './call-tracker.ts';
import { trackResult } from './track-result.ts';
import { errorDetails, exceptionAttributes } from '@sonde/sdk';

/** The innermost span that `span()` opened, whatever spans of others lie between. */
const enclosingKey = createContextKey('@sonde/otel enclosing span');

let provider: TracerProvider | undefined;
let tracer: Tracer | undefined;

function currentTracer(): Tracer {
  const current = trace.getTracerProvider();
  if (tracer === undefined || current !== provider) {
    provider = current;
    tracer = current.getTracer('@sonde/otel', version);
  }
  return tracer;
}

/** Another SDK may throw what a getter of the attributes throws. */
function startedSpan(name: string, attributes: Attributes | undefined, parent: Context): Span {
  try {
    return currentTracer().startSpan(name, attributes === undefined ? {} : { attributes }, parent);
  } catch (error) {
    diag.error(`A span was not started: ${errorDetails(error)}`);
    return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  }
}

/** A span that lasts as long as a call. */
class SpanObserver implements Observer {
  readonly context: Context;
  readonly span: Span;
  readonly #enclosing: object | undefined;

  constructor(name: string, attributes: Attributes | undefined) {
    const parent = context.active();
    this.span = startedSpan(name, attributes, parent);
    this.#enclosing = parent.getValue(enclosingKey) as object | undefined;
    this.context = trace.setSpan(parent, this.span).setValue(enclosingKey, this.span);
  }

  ended(failure: { readonly error: unknown } | undefined, time?: number): void {
    if (!this.span.isRecording()) return;
    try {
      if (failure !== undefined) this.#record(failure.error);
    } catch (error) {
      diag.error(`The error of a span was not recorded: ${errorDetails(error)}`);
    } finally {
      this.span.end(time);
    }
  }

  /** The exception itself is recorded on the innermost span that it leaves; those around it say that they failed. */
  #record(error: unknown): void {
    this.span.setStatus({ code: SpanStatusCode.ERROR });
    const attributes = exceptionAttributes(error);
    this.span.setAttribute(ATTR_ERROR_TYPE, String(attributes[ATTR_EXCEPTION_TYPE]));
    this.span.setStatus({ code: SpanStatusCode.ERROR, message: String(attributes[ATTR_EXCEPTION_MESSAGE]) });
    if (typeof error === 'object' && error !== null) {
      const recorded = state.recordedErrors.get(error) === this.span;
      state.recordedErrors.set(error, this.#enclosing);
      if (recorded) return;
    }
    this.span.addEvent('exception', attributes);
  }
}

/**
 * Runs `fn` in a span and gives its result. The span is the active one while `fn` works, so log records and further
 * spans belong to it. It ends when `fn` has returned or thrown, when the promise it returned has settled, or when the
 * generator, async iterable or readable stream it returned has come to its end or was left early.
 *
 * What is thrown or rejected is recorded once, on the innermost span it leaves, as an `exception` event; each span it
 * leaves gets the status ERROR and `error.type`. It then goes its way: nothing is caught.
 *
 * @param attributes of the span, known when it starts
 * @param fn gets the span, to set attributes that are known later
 * @see https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/
 * @example
 * ```ts
 * import { span } from '@sonde/otel';
 *
 * const order = await span('place order', { 'shop.payment': 'card' }, async (current) => {
 *   const { id, items } = await fetch('http://localhost:8000/orders', { method: 'POST' }).then((r) => r.json());
 *   current.setAttribute('shop.items', items.length);
 *   return id;
 * });
 * ```
 */
export function span<R>(name: string, fn: (span: Span) => R): R;
export function span<R>(name: string, attributes: Attributes | undefined, fn: (span: Span) => R): R;
export function span<R>(
  name: string,
  attributesOrFn: Attributes | undefined | ((span: Span) => R),
  fn?: (span: Span) => R,
): R {
  const [attributes, work] =
    typeof attributesOrFn === 'function' ? [undefined, attributesOrFn] : [attributesOrFn, fn];
  if (typeof work !== 'function') throw new TypeError('span(name, attributes?, fn): fn is not a function');
  const observer = new SpanObserver(name, attributes);
  return trackResult(observer, () => work(observer.span));
}

/**
 * A function that does what `fn` does, each call in a span of this name, as {@link span} does it. `this`, arguments,
 * type, name and length are those of `fn`.
 *
 * @example
 * ```ts
 * import { traced } from '@sonde/otel';
 *
 * export const loadUser = traced('load user', async (id: string) => ({ id, name: 'Ada' }));
 * ```
 */
export function traced<F extends Callable>(name: string, fn: F): F {
  return wrap(fn, (original) => trackResult(new SpanObserver(name, undefined), original));
}
