import { type Attributes, type Context, context, type Counter, type Histogram } from '@opentelemetry/api';
import type { UpDownCounter } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, ATTR_EXCEPTION_TYPE } from '@opentelemetry/semantic-conventions';

import { type Callable, wrap } from './wrap-function.ts';
import { trackResult } from './track-result.ts';
import { exceptionAttributes } from '@sonde/sdk';

const errorType = (error: unknown): string => String(exceptionAttributes(error)[ATTR_EXCEPTION_TYPE]);

/** Records in the context in which the call started, so that exemplars refer to its span. */
function onSettled<R>(
  call: () => R,
  record: (failure: { readonly error: unknown } | undefined, startContext: Context) => void,
): R {
  const startContext = context.active();
  return trackResult({ context: undefined, ended: (failure) => record(failure, startContext) }, call);
}

/**
 * Wraps `fn` so that the duration of each call is recorded in seconds, until its promise, generator, async iterable or
 * stream is finished, as with {@link span}. Failed calls have the attribute `error.type`. `this`, arguments, type, name and
 * length of `fn` are preserved.
 *
 * @param histogram with the unit `s` and bucket boundaries in seconds
 * @param attributes of each measurement
 * @see https://opentelemetry.io/docs/specs/semconv/general/metrics/
 * @example
 * ```ts
 * import { histogram, timed } from '@sonde/otel';
 *
 * const boundaries = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
 * const duration = histogram('shop.price.duration', { unit: 's', advice: { explicitBucketBoundaries: boundaries } });
 *
 * export const price = timed(duration, { 'shop.currency': 'EUR' }, (items: number) => items * 9.99);
 * ```
 */
export function timed<F extends Callable>(histogram: Histogram, fn: F): F;
export function timed<F extends Callable>(histogram: Histogram, attributes: Attributes | undefined, fn: F): F;
export function timed<F extends Callable>(
  histogram: Histogram,
  attributesOrFn: Attributes | undefined | F,
  fn?: F,
): F {
  const [attributes, work] =
    typeof attributesOrFn === 'function' ? [undefined, attributesOrFn] : [attributesOrFn, fn];
  if (typeof work !== 'function')
    throw new TypeError('timed(histogram, attributes?, fn): expected a function as fn');
  return wrap(work, (original) => {
    const start = performance.now();
    return onSettled(original, (failure, startContext) => {
      const seconds = (performance.now() - start) / 1000;
      const all =
        failure === undefined ? attributes : { ...attributes, [ATTR_ERROR_TYPE]: errorType(failure.error) };
      histogram.record(seconds, all, startContext);
    });
  });
}

/** A running timer. */
export interface Timer extends Disposable {
  /** Records the duration, once. Returns it in seconds. */
  stop(attributes?: Attributes): number;
}

/**
 * Starts to time a block. The duration is recorded in seconds, at `stop()` or at the end of the block.
 *
 * @param histogram with the unit `s`
 * @param attributes of the measurement
 * @example
 * ```ts
 * import { histogram, startTimer } from '@sonde/otel';
 *
 * const duration = histogram('shop.import.duration', { unit: 's' });
 *
 * export function load(): void {
 *   const timer = startTimer(duration);
 *   // ...
 *   timer.stop({ 'shop.source': 'csv' });
 * }
 * ```
 */
export function startTimer(histogram: Histogram, attributes?: Attributes): Timer {
  const start = performance.now();
  const startContext = context.active();
  let seconds: number | undefined;
  const stop = (more?: Attributes): number => {
    if (seconds === undefined) {
      seconds = (performance.now() - start) / 1000;
      histogram.record(seconds, { ...attributes, ...more }, startContext);
    }
    return seconds;
  };
  return { stop, [Symbol.dispose]: () => void stop() };
}

/**
 * Wraps `fn` so that failed calls are counted: thrown errors, rejected promises and failed iterations. Each count has the
 * attribute `error.type`. `this`, arguments, type, name and length of `fn` are preserved.
 *
 * @example
 * ```ts
 * import { counter, countExceptions } from '@sonde/otel';
 *
 * const failures = counter('shop.parse.failures', { description: 'Orders that could not be parsed' });
 *
 * export const parse = countExceptions(failures, (text: string): unknown => JSON.parse(text));
 * ```
 */
export function countExceptions<F extends Callable>(counter: Counter, fn: F): F {
  return wrap(fn, (original) =>
    onSettled(original, (failure, startContext) => {
      if (failure !== undefined)
        counter.add(1, { [ATTR_ERROR_TYPE]: errorType(failure.error) }, startContext);
    }),
  );
}

/**
 * Wraps `fn` so that calls in progress are counted: 1 is added when a call starts, and subtracted when the call, its promise
 * or its iteration is over. `this`, arguments, type, name and length of `fn` are preserved.
 *
 * @example
 * ```ts
 * import { trackInProgress, upDownCounter } from '@sonde/otel';
 *
 * const active = upDownCounter('shop.checkouts.active', { description: 'Checkouts in progress' });
 *
 * export const checkout = trackInProgress(active, async (cart: string[]) => cart.length);
 * ```
 */
export function trackInProgress<F extends Callable>(counter: UpDownCounter, fn: F): F {
  return wrap(fn, (original) => {
    counter.add(1);
    return onSettled(original, (_failure, startContext) => counter.add(-1, {}, startContext));
  });
}
