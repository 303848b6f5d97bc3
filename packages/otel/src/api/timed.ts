import { type Attributes, type Context, context, type Counter, type Histogram } from '@opentelemetry/api';
import type { UpDownCounter } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE, ATTR_EXCEPTION_TYPE } from '@opentelemetry/semantic-conventions';

import { type Callable, wrap } from './wrap-function.ts';
import { trackResult } from './track-result.ts';
import { exceptionAttributes } from '@sonde/sdk';

const errorType = (error: unknown): string => String(exceptionAttributes(error)[ATTR_EXCEPTION_TYPE]);

/** Measures belong to the span that was active when the call began: exemplars point to it. */
function onSettled<R>(
  call: () => R,
  record: (failure: { readonly error: unknown } | undefined, began: Context) => void,
): R {
  const began = context.active();
  return trackResult({ context: undefined, ended: (failure) => record(failure, began) }, call);
}

/**
 * A function that does what `fn` does, and records how long each call takes, in seconds. A call lasts as long as a
 * span of {@link span} would: promises, generators, async iterables and streams count to their end. Calls that fail
 * have the attribute `error.type`. `this`, arguments, type, name and length are those of `fn`.
 *
 * @param histogram with the unit `s`, and boundaries that suit seconds
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
    throw new TypeError('timed(histogram, attributes?, fn): fn is not a function');
  return wrap(work, (original) => {
    const start = performance.now();
    return onSettled(original, (failure, began) => {
      const seconds = (performance.now() - start) / 1000;
      const all =
        failure === undefined ? attributes : { ...attributes, [ATTR_ERROR_TYPE]: errorType(failure.error) };
      histogram.record(seconds, all, began);
    });
  });
}

/**
 * A function that does what `fn` does, and counts the calls that fail: by throwing, by a rejected promise, in the
 * middle of an iteration. Each has the attribute `error.type`. `this`, arguments, type, name and length are those of
 * `fn`.
 *
 * @example
 * ```ts
 * import { counter, countExceptions } from '@sonde/otel';
 *
 * const failures = counter('shop.parse.failures', { description: 'Orders that could not be read' });
 *
 * export const parse = countExceptions(failures, (text: string): unknown => JSON.parse(text));
 * ```
 */
export function countExceptions<F extends Callable>(counter: Counter, fn: F): F {
  return wrap(fn, (original) =>
    onSettled(original, (failure, began) => {
      if (failure !== undefined) counter.add(1, { [ATTR_ERROR_TYPE]: errorType(failure.error) }, began);
    }),
  );
}

/**
 * A function that does what `fn` does, and keeps count of the calls that are under way: one more when a call begins,
 * one less when it, its promise or its iteration is over. `this`, arguments, type, name and length are those of `fn`.
 *
 * @example
 * ```ts
 * import { trackInProgress, upDownCounter } from '@sonde/otel';
 *
 * const active = upDownCounter('shop.checkouts.active', { description: 'Checkouts under way' });
 *
 * export const checkout = trackInProgress(active, async (cart: string[]) => cart.length);
 * ```
 */
export function trackInProgress<F extends Callable>(counter: UpDownCounter, fn: F): F {
  return wrap(fn, (original) => {
    counter.add(1);
    return onSettled(original, (_failure, began) => counter.add(-1, {}, began));
  });
}
