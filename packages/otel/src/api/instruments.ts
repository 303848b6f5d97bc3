import {
  type Attributes,
  createNoopMeter,
  type Context,
  type Counter,
  type Gauge,
  type Histogram,
  type Meter,
  type MeterProvider,
  type MetricOptions,
  metrics,
  type UpDownCounter,
} from '@opentelemetry/api';
import { warnOnce } from '../diagnostics/notice.ts';
import { isNodeSupported } from '../node-version.ts';
import { meterProvider } from './meter-provider.ts';

const scope = '@sonde/otel';

/** The registered meter provider, else the one that `start()` will register. */
function currentProvider(): MeterProvider {
  const registered = metrics.getMeterProvider();
  return registered.getMeter(scope) === createNoopMeter() && isNodeSupported() ? meterProvider() : registered;
}

/** The meter of the application's own instruments. */
export function currentMeter(): Meter {
  return currentProvider().getMeter(scope);
}

/**
 * An instrument that is created on the first measurement, and again when another provider is registered. The API has no
 * proxy for meters: an instrument created before the SDK starts would never record anything.
 */
class LazyInstrument<I> {
  readonly #create: (meter: Meter) => I;
  #registered: MeterProvider | undefined;
  #instrument: I | undefined;

  constructor(create: (meter: Meter) => I) {
    this.#create = create;
  }

  get current(): I {
    const registered = metrics.getMeterProvider();
    if (this.#instrument === undefined || registered !== this.#registered) {
      this.#registered = registered;
      this.#instrument = this.#create(currentMeter());
    }
    return this.#instrument;
  }
}

/** An instrument whose series can be removed. */
export interface RemovableSeries<A extends Attributes = Attributes> {
  /**
   * Removes the series of these attributes, for things that no longer exist, such as a closed queue. A later measurement with
   * the same attributes starts at zero. The standard engine ignores the call and warns once.
   */
  remove(attributes?: A): void;
}

function removeSeries(instrument: object, attributes: Attributes | undefined): void {
  if ('remove' in instrument && typeof instrument.remove === 'function') {
    instrument.remove(attributes);
    return;
  }
  const message = 'cannot remove a series: only the lean engine supports it, after start()';
  warnOnce('SONDE_METRIC_REMOVE', 'remove', message);
}

class LazyCounter extends LazyInstrument<Counter | UpDownCounter> {
  remove(attributes?: Attributes): void {
    removeSeries(this.current, attributes);
  }

  add(value: number, attributes?: Attributes, context?: Context): void {
    this.current.add(value, attributes, context);
  }
}

class LazyHistogram extends LazyInstrument<Histogram | Gauge> {
  remove(attributes?: Attributes): void {
    removeSeries(this.current, attributes);
  }

  record(value: number, attributes?: Attributes, context?: Context): void {
    this.current.record(value, attributes, context);
  }
}

/**
 * Creates a counter: a sum that only increases. It may be created and used before `start()`; measurements are recorded
 * once the SDK has started.
 *
 * @param name in dotted notation, such as `shop.orders`
 * @param options `description`, `unit` (a UCUM code such as `s` or `{order}`) and `advice`
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#counter
 * @example
 * ```ts
 * import { counter } from '@sonde/otel';
 *
 * const orders = counter('shop.orders', { description: 'Orders placed' });
 * orders.add(1, { 'shop.payment': 'card' });
 *
 * const visits = counter<{ route: string }>('shop.visits'); // The type checks the attributes.
 * visits.add(1, { route: '/' });
 * ```
 */
export function counter<A extends Attributes = Attributes>(
  name: string,
  options?: MetricOptions,
): Counter<A> & RemovableSeries<A> {
  return new LazyCounter((meter) => meter.createCounter(name, options));
}

/**
 * Creates an up-down counter: a sum that increases and decreases, such as the number of open connections.
 *
 * @example
 * ```ts
 * import { upDownCounter } from '@sonde/otel';
 *
 * const connections = upDownCounter('shop.connections', { unit: '{connection}' });
 * connections.add(1);
 * connections.add(-1);
 * ```
 */
export function upDownCounter<A extends Attributes = Attributes>(
  name: string,
  options?: MetricOptions,
): UpDownCounter<A> & RemovableSeries<A> {
  return new LazyCounter((meter) => meter.createUpDownCounter(name, options));
}

/**
 * Creates a histogram: a distribution of values. Set `advice.explicitBucketBoundaries` in the unit of the instrument: the
 * default boundaries are 0.005 to 300 for the unit `s`, and those of the specification, 0 to 10000, for other units.
 *
 * @example
 * ```ts
 * import { histogram } from '@sonde/otel';
 *
 * const size = histogram('shop.upload.size', { unit: 'By', advice: { explicitBucketBoundaries: [1e3, 1e6, 1e9] } });
 * size.record(48_000);
 * ```
 */
export function histogram<A extends Attributes = Attributes>(
  name: string,
  options?: MetricOptions,
): Histogram<A> & RemovableSeries<A> {
  return new LazyHistogram((meter) => meter.createHistogram(name, options));
}

/**
 * Creates a gauge: the last recorded value, such as a temperature.
 *
 * @example
 * ```ts
 * import { gauge } from '@sonde/otel';
 *
 * const temperature = gauge('shop.freezer.temperature', { unit: 'Cel' });
 * temperature.record(-18);
 * ```
 */
export function gauge<A extends Attributes = Attributes>(
  name: string,
  options?: MetricOptions,
): Gauge<A> & RemovableSeries<A> {
  return new LazyHistogram((meter) => meter.createGauge(name, options));
}
