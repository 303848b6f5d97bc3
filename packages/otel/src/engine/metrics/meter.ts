import type { BatchObservableCallback, HrTime, Meter, MetricOptions, Observable } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { InstrumentType as Kind, MetricData } from '@opentelemetry/sdk-metrics';
import { type MeasurementRefusals, SeriesTable } from '@sonde/exporters/internal';
import { describe, type Descriptor } from './descriptor.ts';
import { InstrumentType } from './enumerations.ts';
import { ObservableInstrument } from './observable-instrument.ts';
import { Observation } from './observation.ts';
import { Series } from './series.ts';
import { StreamRegistry, type StreamRules } from './stream-registry.ts';
import { LeanInstrument } from './sync-instrument.ts';

/** What all meters of a provider share. */
export interface MeterRules extends StreamRules {
  readonly refusals: MeasurementRefusals;
  /** Milliseconds after which an unused series is forgotten; undefined: never. */
  readonly expireAfterMs: number | undefined;
}

/** Makes the instruments of one instrumentation scope, and collects what they measure. */
export class LeanMeter implements Meter {
  readonly scope: InstrumentationScope;
  readonly #rules: MeterRules;
  readonly #registry: StreamRegistry;
  readonly #observation = new Observation();
  readonly #observed = new Map<string, SeriesTable<Series>>();

  constructor(scope: InstrumentationScope, rules: MeterRules) {
    this.scope = scope;
    this.#rules = rules;
    this.#registry = new StreamRegistry(rules, scope);
  }

  createCounter(name: string, options?: MetricOptions): LeanInstrument {
    return this.#sync(name, InstrumentType.COUNTER, options);
  }

  createUpDownCounter(name: string, options?: MetricOptions): LeanInstrument {
    return this.#sync(name, InstrumentType.UP_DOWN_COUNTER, options);
  }

  createHistogram(name: string, options?: MetricOptions): LeanInstrument {
    return this.#sync(name, InstrumentType.HISTOGRAM, options);
  }

  createGauge(name: string, options?: MetricOptions): LeanInstrument {
    return this.#sync(name, InstrumentType.GAUGE, options);
  }

  createObservableCounter(name: string, options?: MetricOptions): ObservableInstrument {
    return this.#observable(name, InstrumentType.OBSERVABLE_COUNTER, options);
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): ObservableInstrument {
    return this.#observable(name, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER, options);
  }

  createObservableGauge(name: string, options?: MetricOptions): ObservableInstrument {
    return this.#observable(name, InstrumentType.OBSERVABLE_GAUGE, options);
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    this.#observation.addBatch(callback, observables);
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    this.#observation.removeBatch(callback, observables);
  }

  /** Calls the callbacks of observable instruments; gives what they threw. */
  observe(atMs: number, timeoutMs: number | undefined): Promise<unknown[]> {
    return this.#observation.observe(atMs, timeoutMs);
  }

  /** What a reader gets. */
  collect(reader: number, endTime: HrTime): MetricData[] {
    const { streams } = this.#registry;
    const { expireAfterMs } = this.#rules;
    if (expireAfterMs !== undefined) {
      const nowMs = performance.now();
      for (const stream of streams) stream.expire(nowMs, expireAfterMs);
      for (const table of this.#observed.values())
        table.drop((series) => series.isExpired(nowMs, expireAfterMs));
    }
    return streams.flatMap((stream) => stream.collect(reader, endTime) ?? []);
  }

  #sync(name: string, type: Kind, options: MetricOptions | undefined): LeanInstrument {
    const descriptor = describe(name, type, options);
    return new LeanInstrument(descriptor, this.#registry.streamsOf(descriptor), this.#rules.refusals);
  }

  #observable(name: string, type: Kind, options: MetricOptions | undefined): ObservableInstrument {
    const descriptor = describe(name, type, options);
    const streams = this.#registry.streamsOf(descriptor);
    // What is beyond the limit of names is not observed, and nothing of it is kept.
    const isKept = streams.length > 0;
    return new ObservableInstrument({
      descriptor,
      streams,
      callbacks: isKept ? this.#observation : new Observation(),
      refusals: this.#rules.refusals,
      table: isKept ? this.#tableOf(descriptor) : this.#newTable(name),
    });
  }

  /** The attribute sets that were observed. */
  #tableOf({ name, type, unit, valueType }: Descriptor): SeriesTable<Series> {
    const key = [type, name, unit, valueType].join('\0');
    let table = this.#observed.get(key);
    if (table === undefined) {
      table = this.#newTable(name);
      this.#observed.set(key, table);
    }
    return table;
  }

  #newTable(name: string): SeriesTable<Series> {
    const { cardinalityLimit, cleanAttributes, onOverflow } = this.#rules;
    return new SeriesTable(
      cardinalityLimit,
      (attributes) => new Series(attributes, []),
      () => onOverflow(name, cardinalityLimit),
      cleanAttributes,
    );
  }
}
