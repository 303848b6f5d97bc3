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

/** Context key of the innermost span that `span()` started, even below spans of other tracers. */
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

/** Starts a span; a non-recording one if another SDK throws, for example because of a getter of the attributes. */
function startSpan(name: string, attributes: Attributes | undefined, parent: Context): Span {
  try {
    return currentTracer().startSpan(name, attributes === undefined ? {} : { attributes }, parent);
  } catch (error) {
    diag.error(`failed to start a span: ${errorDetails(error)}`);
    return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  }
}

/** Ends a span when a call is over. */
class SpanObserver implements Observer {
  readonly context: Context;
  readonly span: Span;
  readonly #enclosing: object | undefined;

  constructor(name: string, attributes: Attributes | undefined) {
    const parent = context.active();
    this.span = startSpan(name, attributes, parent);
    this.#enclosing = parent.getValue(enclosingKey) as object | undefined;
    this.context = trace.setSpan(parent, this.span).setValue(enclosingKey, this.span);
  }

  ended(failure: { readonly error: unknown } | undefined, time?: number): void {
    if (!this.span.isRecording()) return;
    try {
      if (failure !== undefined) this.#record(failure.error);
    } catch (error) {
      diag.error(`failed to record the error of a span: ${errorDetails(error)}`);
    } finally {
      this.span.end(time);
    }
  }

  /** Records the exception event only on the innermost span that the error escapes; enclosing spans get status ERROR. */
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
 * Runs `fn` in a new active span and returns its result. Log records and spans created by `fn` belong to the span. The span
 * ends when `fn` returns or throws, when the promise that it returned settles, or when the generator, async iterable or
 * readable stream that it returned is finished or abandoned.
 *
 * Exceptions and rejections propagate unchanged. Each is recorded once, as an `exception` event on the innermost span that
 * it escapes; every span that it escapes gets status ERROR and `error.type`.
 *
 * @param name of low cardinality, such as `place order`
 * @param attributes the initial attributes of the span
 * @param fn receives the span, to set further attributes
 * @throws whatever `fn` throws; `TypeError` if `fn` is not a function
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
  if (typeof work !== 'function')
    throw new TypeError('span(name, attributes?, fn): expected a function as fn');
  const observer = new SpanObserver(name, attributes);
  return trackResult(observer, () => work(observer.span));
}

/**
 * Wraps `fn` so that each call runs in a span of this name, as with {@link span}. `this`, arguments, type, name and length
 * of `fn` are preserved.
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
