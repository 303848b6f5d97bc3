import {
  type BatchObservableCallback,
  type Counter,
  createNoopMeter,
  type Gauge,
  type Histogram,
  type Meter,
  type MetricOptions,
  type Observable,
  type ObservableCounter,
  type ObservableGauge,
  type ObservableUpDownCounter,
  type UpDownCounter,
  ValueType,
} from '@opentelemetry/api';

import type { EarlyMeasurements, RecordInSdk, SyncState } from './early-measurements.ts';
import { guardedBatch, ObservableInstrument } from './observable-instrument.ts';
import { SyncInstrument } from './sync-instrument.ts';

type SyncKind = 'counter' | 'gauge' | 'histogram' | 'upDownCounter';
type ObservableKind = 'observableCounter' | 'observableGauge' | 'observableUpDownCounter';

/** Records nothing: the instrument of every name beyond the limit. */
const silent: Counter & Histogram = { add() {}, record() {} };

/** A meter whose instruments can be made before there is an SDK; they are the SDK's as soon as there is one. */
export class ProxyMeter implements Meter {
  readonly #measurer: EarlyMeasurements;
  readonly #scope: string;
  readonly #whenBound: ((meter: Meter) => void)[] = [];
  readonly #batches = new Map<BatchObservableCallback, BatchObservableCallback>();
  readonly #waiting = new WeakSet<SyncState>();
  #delegate: Meter | undefined;

  /** `scope` is a text that stands for the instrumentation scope. */
  constructor(measurer: EarlyMeasurements, scope: string) {
    this.#measurer = measurer;
    this.#scope = scope;
  }

  bind(delegate: Meter): void {
    this.#delegate = delegate;
    for (const bind of this.#whenBound.splice(0)) bind(delegate);
  }

  createCounter(name: string, options?: MetricOptions): Counter {
    return this.#sync('counter', name, options);
  }

  createUpDownCounter(name: string, options?: MetricOptions): UpDownCounter {
    return this.#sync('upDownCounter', name, options);
  }

  createHistogram(name: string, options?: MetricOptions): Histogram {
    return this.#sync('histogram', name, options);
  }

  createGauge(name: string, options?: MetricOptions): Gauge {
    return this.#sync('gauge', name, options);
  }

  createObservableCounter(name: string, options?: MetricOptions): ObservableCounter {
    return this.#observable('observableCounter', name, options);
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): ObservableUpDownCounter {
    return this.#observable('observableUpDownCounter', name, options);
  }

  createObservableGauge(name: string, options?: MetricOptions): ObservableGauge {
    return this.#observable('observableGauge', name, options);
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const guarded = this.#batches.get(callback) ?? guardedBatch(callback);
    this.#batches.set(callback, guarded);
    this.#whenDelegated((meter) => meter.addBatchObservableCallback(guarded, delegates(observables)));
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const guarded = this.#batches.get(callback);
    if (guarded === undefined) return;
    this.#whenDelegated((meter) => meter.removeBatchObservableCallback(guarded, delegates(observables)));
  }

  #sync(
    kind: SyncKind,
    name: string,
    options: MetricOptions | undefined,
  ): SyncInstrument | (Counter & Histogram) {
    const hasExemplars = kind === 'counter' || kind === 'histogram';
    const state = this.#measurer.state(this.#identity(kind, name, options), name, hasExemplars);
    if (state === undefined) return silent;
    // Every instrument of one identity that was made before there is an SDK is the same one.
    if (this.#delegate === undefined && this.#waiting.has(state))
      return new SyncInstrument(this.#measurer, state);
    this.#waiting.add(state);
    this.#whenDelegated((meter) => {
      state.record = recordIn(meter, kind, name, options);
    });
    return new SyncInstrument(this.#measurer, state);
  }

  #observable(kind: ObservableKind, name: string, options: MetricOptions | undefined): Observable {
    const measurer = this.#measurer;
    const state = measurer.state(this.#identity(kind, name, options), name, false);
    if (state === undefined) return createNoopMeter().createObservableGauge(name, options);
    const { table } = state;
    const instrument = new ObservableInstrument({ measurer, table, name });
    this.#whenDelegated((meter) => instrument.bind(observableIn(meter, kind, name, options)));
    return instrument;
  }

  /** The same for what the SDK takes for one instrument. */
  #identity(kind: SyncKind | ObservableKind, name: string, options: MetricOptions = {}): string {
    const { unit = '', valueType = ValueType.DOUBLE } = options;
    return [this.#scope, kind, name, unit, valueType].join('\0');
  }

  #whenDelegated(bind: (meter: Meter) => void): void {
    if (this.#delegate === undefined) this.#whenBound.push(bind);
    else bind(this.#delegate);
  }
}

function recordIn(
  meter: Meter,
  kind: SyncKind,
  name: string,
  options: MetricOptions | undefined,
): RecordInSdk {
  if (kind === 'gauge' || kind === 'histogram') {
    const instrument =
      kind === 'gauge' ? meter.createGauge(name, options) : meter.createHistogram(name, options);
    return (value, attributes, context) => instrument.record(value, attributes, context);
  }
  const instrument =
    kind === 'counter' ? meter.createCounter(name, options) : meter.createUpDownCounter(name, options);
  return (value, attributes, context) => instrument.add(value, attributes, context);
}

function observableIn(
  meter: Meter,
  kind: ObservableKind,
  name: string,
  options: MetricOptions | undefined,
): Observable {
  if (kind === 'observableCounter') return meter.createObservableCounter(name, options);
  if (kind === 'observableGauge') return meter.createObservableGauge(name, options);
  return meter.createObservableUpDownCounter(name, options);
}

function delegates(observables: readonly Observable[]): Observable[] {
  return observables.flatMap((one) =>
    one instanceof ObservableInstrument && one.delegate !== undefined ? [one.delegate] : [],
  );
}
