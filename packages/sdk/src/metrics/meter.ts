import type { BatchObservableCallback, HrTime, Meter, MetricOptions, Observable } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { InstrumentType as Kind, MetricData } from '@opentelemetry/sdk-metrics';

import { createDescriptor, type Descriptor } from './descriptor.ts';
import { toIdentifier } from '../identity.ts';
import { InstrumentType } from '../enumerations.ts';
import { ObservableInstrument } from './observable-instrument.ts';
import { ObservableRegistry } from './observable-registry.ts';
import { Series } from './series.ts';
import { StreamRegistry, type StreamSharedState } from './stream-registry.ts';
import { type InstrumentSharedState, LeanInstrument } from './sync-instrument.ts';
import { FirstSpellings } from './first-spellings.ts';
import { SeriesTable } from './series-table.ts';

/** State that all meters of a provider share. */
export interface MeterSharedState extends StreamSharedState, InstrumentSharedState {
  /** Milliseconds after which an unused series is dropped; undefined: never. */
  expireAfterMs: number | undefined;
}

/** Creates the instruments of one instrumentation scope, and collects their metrics. */
export class LeanMeter implements Meter {
  readonly scope: InstrumentationScope;
  readonly #shared: MeterSharedState;
  readonly #registry: StreamRegistry;
  readonly #observables: ObservableRegistry;
  readonly #spellings: FirstSpellings;
  readonly #observed = new Map<string, SeriesTable<Series>>();

  constructor(scope: InstrumentationScope, shared: MeterSharedState) {
    this.scope = scope;
    this.#shared = shared;
    this.#spellings = new FirstSpellings(shared.rejections);
    this.#registry = new StreamRegistry(shared, scope);
    this.#observables = new ObservableRegistry(shared.rejections);
  }

  createCounter(name: string, options?: MetricOptions): LeanInstrument {
    return this.#createSync(name, InstrumentType.COUNTER, options);
  }

  createUpDownCounter(name: string, options?: MetricOptions): LeanInstrument {
    return this.#createSync(name, InstrumentType.UP_DOWN_COUNTER, options);
  }

  createHistogram(name: string, options?: MetricOptions): LeanInstrument {
    return this.#createSync(name, InstrumentType.HISTOGRAM, options);
  }

  createGauge(name: string, options?: MetricOptions): LeanInstrument {
    return this.#createSync(name, InstrumentType.GAUGE, options);
  }

  createObservableCounter(name: string, options?: MetricOptions): ObservableInstrument {
    return this.#createObservable(name, InstrumentType.OBSERVABLE_COUNTER, options);
  }

  createObservableUpDownCounter(name: string, options?: MetricOptions): ObservableInstrument {
    return this.#createObservable(name, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER, options);
  }

  createObservableGauge(name: string, options?: MetricOptions): ObservableInstrument {
    return this.#createObservable(name, InstrumentType.OBSERVABLE_GAUGE, options);
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    this.#observables.addBatch(callback, observables);
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    this.#observables.removeBatch(callback, observables);
  }

  /** Calls the callbacks of observable instruments. @returns the errors of failed callbacks */
  observe(atMs: number, collection: number, timeoutMs: number | undefined): Promise<unknown[]> {
    return this.#observables.observe(atMs, collection, timeoutMs);
  }

  /**
   * Collects the metrics for a reader. Yields regularly to allow a pause.
   *
   * @param collection the collection whose callbacks have observed; undefined if none were called
   */
  *collect(
    reader: number,
    endTime: HrTime,
    collection: number | undefined,
  ): Generator<undefined, MetricData[]> {
    const { streams } = this.#registry;
    const { expireAfterMs, keepsUnobserved } = this.#shared;
    if (collection !== undefined && !keepsUnobserved) this.#dropUnobserved(collection - 1);
    if (expireAfterMs !== undefined) {
      const nowMs = performance.now();
      for (const stream of streams) stream.expire(nowMs, expireAfterMs);
      for (const table of this.#observed.values())
        table.drop((series) => series.isExpired(nowMs, expireAfterMs));
    }
    const metrics: MetricData[] = [];
    for (const stream of streams) {
      const metric = yield* stream.collect(reader, endTime, collection);
      if (metric !== undefined) metrics.push(metric);
    }
    return metrics;
  }

  /** Frees the series that were not observed in this collection and not since: one failed callback frees none. */
  #dropUnobserved(collection: number): void {
    if (this.#observed.size === 0) return;
    for (const stream of this.#registry.streams) stream.dropUnobserved(collection);
    for (const table of this.#observed.values()) table.drop((series) => series.observedIn < collection);
  }

  /** Restarts every metric with the current shared state. Instruments and callbacks stay in use. */
  restart(): void {
    this.#registry.restart();
    for (const table of this.#observed.values()) table.drop(() => true);
  }

  #createSync(name: string, type: Kind, options: MetricOptions | undefined): LeanInstrument {
    const descriptor = this.#describe(name, type, options);
    const { collected } = this.#registry.getStreams(descriptor);
    return new LeanInstrument(descriptor, collected, this.#shared);
  }

  #createObservable(name: string, type: Kind, options: MetricOptions | undefined): ObservableInstrument {
    const descriptor = this.#describe(name, type, options);
    const { all: streams } = this.#registry.getStreams(descriptor);
    // Instruments beyond the limit of names are not observed, and not kept.
    const isKept = streams.length > 0;
    return new ObservableInstrument({
      descriptor,
      streams,
      callbacks: isKept ? this.#observables : new ObservableRegistry(this.#shared.rejections),
      rejections: this.#shared.rejections,
      table: isKept ? this.#seriesTable(descriptor) : this.#createTable(descriptor.name),
    });
  }

  #describe(name: string, type: Kind, options: MetricOptions | undefined): Descriptor {
    return createDescriptor(this.#spellings.resolve(toIdentifier(name) ?? ''), type, options);
  }

  /** Returns the observed series of an instrument. */
  #seriesTable({ name, type, unit, valueType }: Descriptor): SeriesTable<Series> {
    const key = [type, name, unit, valueType].join('\0');
    let table = this.#observed.get(key);
    if (table === undefined) {
      table = this.#createTable(name);
      this.#observed.set(key, table);
    }
    return table;
  }

  #createTable(name: string): SeriesTable<Series> {
    const { cardinalityLimit, onOverflow } = this.#shared;
    return new SeriesTable(
      cardinalityLimit,
      (attributes) => new Series(attributes, []),
      () => onOverflow(name, cardinalityLimit),
      (attributes) => this.#shared.cleanAttributes?.(attributes) ?? attributes,
    );
  }
}
