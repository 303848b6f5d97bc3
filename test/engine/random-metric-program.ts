import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Attributes,
  type Context,
  type Counter,
  type Histogram,
  type Meter,
  type MetricOptions,
  type Observable,
  type ObservableCallback,
  ROOT_CONTEXT,
  trace,
  ValueType,
} from '@opentelemetry/api';
import type { Random } from '../support/random.ts';
import type { MetricWorld } from './metric-world.ts';
import { instrumentNames, units } from './random-metric-setting.ts';
import { attributes } from './values.ts';

type Measured = Counter & Histogram;

/** Sums of them are exact in any order. */
const usual = [1, 2, 0.25, 2.5, 7, 1000, 12_345, 2 ** -30];
const unusual: readonly unknown[] = [
  -0.5,
  -3,
  1e6,
  5e-324,
  2 ** -1022,
  Number.MAX_VALUE,
  Number.NaN,
  Infinity,
  -Infinity,
  '5',
  null,
  undefined,
  7n,
];

/** Attributes that come again, with their keys in any order. */
function few(random: Random): Attributes {
  const entries: [string, string | number | boolean][] = [
    ['a', random.below(2)],
    ['b', random.pick(['x', 'y', '1', 1, true])],
    ['http.route', '/users/:id'],
  ];
  const kept = entries.filter(() => !random.once(4));
  return Object.fromEntries(random.once(2) ? kept : kept.toReversed());
}

/** A program of metrics that a seed decides: it does the same on every engine. */
export class RandomMetricProgram {
  readonly #random: Random;
  readonly #world: MetricWorld;
  readonly #instruments: { measured: Measured; isInteger: boolean }[] = [];
  readonly #observables: { observable: Observable; meter: Meter; isCounter: boolean }[] = [];
  readonly #undo: (() => void)[] = [];

  constructor(random: Random, world: MetricWorld) {
    this.#random = random;
    this.#world = world;
  }

  async run(): Promise<void> {
    const count = 4 + this.#random.below(40);
    for (let step = 0; step < count; step++) await this.#step();
    for (const [index] of this.#world.readers.entries()) await this.#world.collect(index);
  }

  async #step(): Promise<void> {
    const random = this.#random;
    if (this.#instruments.length === 0 || random.once(6)) this.#create();
    else if (random.once(8)) this.#createObservable();
    else if (random.once(9) && this.#observables.length > 0) this.#observe();
    else if (random.once(13)) this.#undo.pop()?.();
    else if (random.once(5)) this.#world.pass(random.below(5));
    else if (random.once(7)) await this.#world.collect(random.below(this.#world.readers.length));
    else if (random.once(30)) this.#world.collectAtOnce(random.below(this.#world.readers.length));
    else this.#measure();
  }

  #meter(): Meter {
    const random = this.#random;
    return random.pick<() => Meter>([
      () => this.#world.metrics.getMeter('m1'),
      () => this.#world.metrics.getMeter('m2', '2', { schemaUrl: 'https://s' }),
      () => this.#world.metrics.getMeter('m2', '2'),
      () => this.#world.metrics.getMeter(''),
    ])();
  }

  #options(): MetricOptions | undefined {
    const random = this.#random;
    if (random.once(3)) return undefined;
    return {
      ...(random.once(2) ? { unit: random.pick(units) } : {}),
      ...(random.once(3) ? { description: random.pick(['short', 'a longer one']) } : {}),
      ...(random.once(3) ? { valueType: random.pick([ValueType.INT, ValueType.DOUBLE]) } : {}),
      ...(random.once(3) ? { advice: { explicitBucketBoundaries: random.pick([[], [5, 1, 100]]) } } : {}),
    };
  }

  #create(): void {
    const random = this.#random;
    const meter = this.#meter();
    const name = random.once(20) ? random.pick(['1st', 'a b', '']) : random.pick(instrumentNames);
    const options = this.#options();
    const made = random.pick<() => unknown>([
      () => meter.createCounter(name, options),
      () => meter.createUpDownCounter(name, options),
      () => meter.createHistogram(name, options),
      () => meter.createGauge(name, options),
    ])();
    this.#instruments.push({ measured: made as Measured, isInteger: options?.valueType === ValueType.INT });
  }

  #createObservable(): void {
    const random = this.#random;
    const meter = this.#meter();
    const name = random.pick(instrumentNames);
    const options = this.#options();
    const [isCounter, observable] = random.pick<() => [boolean, Observable]>([
      () => [true, meter.createObservableCounter(name, options)],
      () => [false, meter.createObservableUpDownCounter(name, options)],
      () => [false, meter.createObservableGauge(name, options)],
    ])();
    this.#observables.push({ observable, meter, isCounter });
  }

  #observe(): void {
    const random = this.#random;
    const { observable, meter, isCounter } = random.pick(this.#observables);
    if (random.once(2)) {
      const callback = this.#callback(isCounter);
      observable.addCallback(callback);
      if (random.once(4)) observable.addCallback(callback);
      this.#undo.push(() => observable.removeCallback(callback));
      return;
    }
    const others = random.some(3, () => random.pick(this.#observables)).map((one) => one.observable);
    const observables = random.once(10) ? [] : [observable, ...others];
    const callbacks = this.#observables.map((one) => ({ ...one, call: this.#callback(one.isCounter) }));
    const batch = async (result: {
      observe: (of: Observable, value: number, given?: Attributes) => void;
    }): Promise<void> => {
      for (const { observable: observed, call } of callbacks) {
        await call({ observe: (value, given) => result.observe(observed, value, given) });
      }
    };
    meter.addBatchObservableCallback(batch, observables);
    if (random.once(4)) meter.addBatchObservableCallback(batch, observables.toReversed());
    this.#undo.push(() => meter.removeBatchObservableCallback(batch, observables));
  }

  /** A callback that observes the same attributes each time; a counter never less than before. */
  #callback(isCounter: boolean): ObservableCallback {
    const random = this.#random;
    const world = this.#world;
    const observed = random.some(4, () => ({
      value: random.once(8) ? random.pick([Number.NaN, Infinity, '5']) : random.pick([...usual, 0, -3]),
      given: random.once(5) ? attributes(random) : few(random),
      isRare: random.once(6),
    }));
    const [isLate, fails] = [random.once(4), random.once(8)];
    return async (result) => {
      if (isLate) await nextTurn();
      for (const { value, given, isRare } of observed) {
        if (isRare && world.collections % 3 !== 0) continue;
        const isNumber = typeof value === 'number' && Number.isFinite(value);
        result.observe((isCounter && isNumber ? world.collections * 4.5 : value) as number, given);
      }
      if (fails && world.collections % 2 === 0) throw new RangeError('of the callback');
    };
  }

  #measure(): void {
    const random = this.#random;
    const { measured, isInteger } = random.pick(this.#instruments);
    const given = (random.once(5) ? random.pick(unusual) : random.pick(usual)) as number;
    // The corpus covers values truncated to zero: they coarsen upstream's exponential histograms.
    const value = isInteger && typeof given === 'number' && Math.abs(given) < 1 ? given + 1 : given;
    const series = random.once(5) ? attributes(random) : few(random);
    const measuredIn = this.#context();
    const method = 'add' in measured ? 'add' : 'record';
    this.#world.attempt(method, () => measured[method](value, series, measuredIn));
  }

  #context(): Context | undefined {
    const random = this.#random;
    if (random.once(2)) return undefined;
    const spanId = String(1 + random.below(9)).repeat(16);
    const traceFlags = random.below(2);
    return random.once(5)
      ? ROOT_CONTEXT
      : trace.setSpanContext(ROOT_CONTEXT, { traceId: 'a'.repeat(32), spanId, traceFlags });
  }
}
