import {
  type Attributes,
  type BatchObservableCallback,
  type Context,
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
} from '@opentelemetry/api';
import { readInstrumentOptions, toIdentifier } from '@sonde/sdk';

import type { EarlyMeasurements } from './early-measurements.ts';
import { guardBatchCallback, ObservableInstrument } from './observable-instrument.ts';
import type { InstrumentState, RecordInSdk } from './instrument-state.ts';
import { FirstSpellings, withSecondsBoundaries } from '@sonde/sdk';

type SyncKind = 'counter' | 'gauge' | 'histogram' | 'upDownCounter';
type ObservableKind = 'observableCounter' | 'observableGauge' | 'observableUpDownCounter';

/** The instrument for names beyond the limit. */
const noopInstrument: Counter & Histogram = { add() {}, record() {} };

/** A meter whose instruments record before an SDK is registered, and forward to the SDK afterward. */
export class ProxyMeter implements Meter {
  readonly #measurements: EarlyMeasurements;
  readonly #scope: string;
  readonly #spellings: FirstSpellings;
  readonly #pendingBindings: ((meter: Meter) => void)[] = [];
  readonly #batches = new Map<BatchObservableCallback, BatchObservableCallback>();
  readonly #pendingStates = new WeakSet<InstrumentState>();
  #delegate: Meter | undefined;

  /** @param scope a string that identifies the instrumentation scope */
  constructor(measurements: EarlyMeasurements, scope: string) {
    this.#measurements = measurements;
    this.#scope = scope;
    this.#spellings = new FirstSpellings(measurements.rejected);
  }

  bind(delegate: Meter): void {
    this.#delegate = delegate;
    for (const bind of this.#pendingBindings.splice(0)) bind(delegate);
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
    const guarded = this.#batches.get(callback) ?? guardBatchCallback(callback);
    this.#batches.set(callback, guarded);
    this.#withDelegate((meter) => meter.addBatchObservableCallback(guarded, delegates(observables)));
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const guarded = this.#batches.get(callback);
    if (guarded === undefined) return;
    this.#withDelegate((meter) => meter.removeBatchObservableCallback(guarded, delegates(observables)));
  }

  #sync(
    kind: SyncKind,
    requestedName: string,
    givenOptions: MetricOptions | undefined,
  ): SyncInstrument | (Counter & Histogram) {
    const name = this.#spellings.resolve(toIdentifier(requestedName) ?? '');
    const options = readInstrumentOptions(givenOptions);
    const hasExemplars = kind === 'counter' || kind === 'histogram';
    const state = this.#measurements.state(this.#identity(kind, name, options), name, hasExemplars);
    if (state === undefined) return noopInstrument;
    // Before an SDK is registered, all instruments of one identity share a recorder.
    if (this.#delegate === undefined && this.#pendingStates.has(state))
      return new SyncInstrument(this.#measurements, state);
    this.#pendingStates.add(state);
    this.#withDelegate((meter) => {
      state.record = createRecorder(meter, kind, name, options);
    });
    return new SyncInstrument(this.#measurements, state);
  }

  #observable(
    kind: ObservableKind,
    requestedName: string,
    givenOptions: MetricOptions | undefined,
  ): Observable {
    const name = this.#spellings.resolve(toIdentifier(requestedName) ?? '');
    const options = readInstrumentOptions(givenOptions);
    const measurements = this.#measurements;
    const state = measurements.state(this.#identity(kind, name, options), name, false);
    if (state === undefined) return createNoopMeter().createObservableGauge(name, options);
    const { table } = state;
    const instrument = new ObservableInstrument({ measurements: measurements, table, name });
    this.#withDelegate((meter) => instrument.bind(createObservable(meter, kind, name, options)));
    return instrument;
  }

  /** A key that is equal for instruments that the SDK considers identical. */
  #identity(
    kind: SyncKind | ObservableKind,
    name: string,
    { unit, valueType }: Required<MetricOptions>,
  ): string {
    return [this.#scope, kind, name, unit, valueType].join('\0');
  }

  #withDelegate(bind: (meter: Meter) => void): void {
    if (this.#delegate === undefined) this.#pendingBindings.push(bind);
    else bind(this.#delegate);
  }
}

/** A counter, up-down counter, histogram or gauge that records before an SDK is registered. */
export class SyncInstrument implements Counter, Gauge, Histogram {
  readonly #measurements: EarlyMeasurements;
  readonly #state: InstrumentState;

  constructor(measurements: EarlyMeasurements, state: InstrumentState) {
    this.#measurements = measurements;
    this.#state = state;
  }

  add(value: number, attributes?: Attributes, context?: Context): void {
    this.#measurements.measure(this.#state, value, attributes, context);
  }

  record(value: number, attributes?: Attributes, context?: Context): void {
    this.#measurements.measure(this.#state, value, attributes, context);
  }
}

function createRecorder(
  meter: Meter,
  kind: SyncKind,
  name: string,
  options: MetricOptions | undefined,
): RecordInSdk {
  if (kind === 'gauge' || kind === 'histogram') {
    const instrument =
      kind === 'gauge'
        ? meter.createGauge(name, options)
        : meter.createHistogram(name, withSecondsBoundaries(options));
    return (value, attributes, context) => instrument.record(value, attributes, context);
  }
  const instrument =
    kind === 'counter' ? meter.createCounter(name, options) : meter.createUpDownCounter(name, options);
  return (value, attributes, context) => instrument.add(value, attributes, context);
}

function createObservable(
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
  try {
    return observables.flatMap((observable) =>
      observable instanceof ObservableInstrument && observable.delegate !== undefined
        ? [observable.delegate]
        : [],
    );
  } catch {
    // Not a list of instruments.
    return [];
  }
}
