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
import { isNodeSupported } from '../node-version.ts';
import { meterProvider } from './meter-provider.ts';

const scope = '@sonde/otel';

/** The provider that is registered, else the one that `start()` will register. */
function currentProvider(): MeterProvider {
  const registered = metrics.getMeterProvider();
  return registered.getMeter(scope) === createNoopMeter() && isNodeSupported() ? meterProvider() : registered;
}

/**
 * An instrument that is made with the first measurement, and again when another provider is registered: the API
 * has no proxy for meters, so an instrument made before the SDK starts would stay silent for ever.
 */
class LateInstrument<I> {
  readonly #make: (meter: Meter) => I;
  #registered: MeterProvider | undefined;
  #instrument: I | undefined;

  constructor(make: (meter: Meter) => I) {
    this.#make = make;
  }

  get current(): I {
    const registered = metrics.getMeterProvider();
    if (this.#instrument === undefined || registered !== this.#registered) {
      this.#registered = registered;
      this.#instrument = this.#make(currentProvider().getMeter(scope));
    }
    return this.#instrument;
  }
}

class LateAdder extends LateInstrument<Counter | UpDownCounter> {
  add(value: number, attributes?: Attributes, context?: Context): void {
    this.current.add(value, attributes, context);
  }
}

class LateRecorder extends LateInstrument<Histogram | Gauge> {
  record(value: number, attributes?: Attributes, context?: Context): void {
    this.current.record(value, attributes, context);
  }
}

/**
 * A count of things that only grows. Works before `start()` too: it counts as soon as there is a pipeline.
 *
 * @example
 * ```ts
 * import { counter } from '@sonde/otel';
 *
 * const orders = counter('shop.orders', { description: 'Orders placed' });
 * orders.add(1, { 'shop.payment': 'card' });
 * ```
 */
export function counter(name: string, options?: MetricOptions): Counter {
  return new LateAdder((meter) => meter.createCounter(name, options));
}

/** A sum that rises and falls, such as the number of open connections. */
export function upDownCounter(name: string, options?: MetricOptions): UpDownCounter {
  return new LateAdder((meter) => meter.createUpDownCounter(name, options));
}

/**
 * A distribution of values. Give `advice.explicitBucketBoundaries` in the instrument's unit: the specification's
 * default boundaries, 0 to 10000, suit milliseconds and not seconds.
 */
export function histogram(name: string, options?: MetricOptions): Histogram {
  return new LateRecorder((meter) => meter.createHistogram(name, options));
}

/** A value that is set, the last one counts, such as a temperature. */
export function gauge(name: string, options?: MetricOptions): Gauge {
  return new LateRecorder((meter) => meter.createGauge(name, options));
}
