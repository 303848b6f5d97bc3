import type {
  Attributes,
  Meter,
  MetricOptions,
  Observable,
  ObservableCallback,
  ObservableResult,
} from '@opentelemetry/api';
import { currentMeter } from './instruments.ts';

/** A value of one series. */
type Observation<A extends Attributes> = readonly [value: number, attributes: A];

/** The result of a function that observes: a value, a list of values with their attributes, or nothing. */
type Observed<A extends Attributes> = number | readonly Observation<A>[] | undefined;

/** Called at each collection. A promise is awaited, for as long as the reader waits. */
export type ObserveFunction<A extends Attributes = Attributes> = () => Observed<A> | Promise<Observed<A>>;

function observeWith<A extends Attributes>(
  create: (meter: Meter) => Observable,
  observe: ObserveFunction<A>,
): Disposable {
  const instrument = create(currentMeter());
  const callback: ObservableCallback = (result) => {
    const observed = observe();
    if (observed instanceof Promise) return observed.then((value) => report(result, value));
    return report(result, observed);
  };
  instrument.addCallback(callback);
  return { [Symbol.dispose]: () => instrument.removeCallback(callback) };
}

function report<A extends Attributes>(result: ObservableResult, observed: Observed<A>): void {
  if (observed === undefined) return;
  if (typeof observed === 'number') result.observe(observed);
  else for (const [value, attributes] of observed) result.observe(value, attributes);
}

/**
 * Creates a gauge whose value a function returns at each collection. A series that the function no longer returns is no longer
 * exported. It may be created before `start()`.
 *
 * @param observe returns a number, or `[value, attributes]` pairs
 * @returns a handle; `Symbol.dispose` ends the observation
 * @example
 * ```ts
 * import { observableGauge } from '@sonde/otel';
 *
 * const jobs: string[] = [];
 * observableGauge('shop.jobs.waiting', () => jobs.length, { unit: '{job}' });
 * ```
 */
export function observableGauge<A extends Attributes = Attributes>(
  name: string,
  observe: ObserveFunction<A>,
  options?: MetricOptions,
): Disposable {
  return observeWith((meter) => meter.createObservableGauge(name, options), observe);
}

/** Creates a counter whose total a function returns at each collection; otherwise like {@link observableGauge}. */
export function observableCounter<A extends Attributes = Attributes>(
  name: string,
  observe: ObserveFunction<A>,
  options?: MetricOptions,
): Disposable {
  return observeWith((meter) => meter.createObservableCounter(name, options), observe);
}

/** Creates an up-down counter whose sum a function returns at each collection; otherwise like {@link observableGauge}. */
export function observableUpDownCounter<A extends Attributes = Attributes>(
  name: string,
  observe: ObserveFunction<A>,
  options?: MetricOptions,
): Disposable {
  return observeWith((meter) => meter.createObservableUpDownCounter(name, options), observe);
}
