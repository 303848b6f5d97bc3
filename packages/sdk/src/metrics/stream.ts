import { type Attributes, type Context, context as contextApi, type HrTime } from '@opentelemetry/api';
import type { MetricData } from '@opentelemetry/sdk-metrics';

import type { Descriptor } from './descriptor.ts';
import type { MetricStorage } from './metric-storage.ts';
import { Series } from './series.ts';
import type { AttributesFilter } from './view.ts';
import { type AttributesCleaner, SeriesTable } from './series-table.ts';

/** Settings of a stream. */
export interface StreamParts {
  readonly descriptor: Descriptor;
  readonly filter: AttributesFilter | undefined;
  /** The storage of each reader, by its index. Readers may share one; undefined if the reader drops the metric. */
  readonly storages: readonly (MetricStorage | undefined)[];
  /** The maximum number of series, including the overflow series. */
  readonly cardinalityLimit: number;
  readonly onOverflow: () => void;
  readonly cleanAttributes: AttributesCleaner | undefined;
}

const none: Attributes = Object.freeze({});

/** The metric stream of compatible instruments with one name, after applying a view. */
export class Stream {
  descriptor: Descriptor;
  readonly #filter: AttributesFilter | undefined;
  readonly #storageOfReader: readonly (MetricStorage | undefined)[];
  readonly #storages: readonly MetricStorage[];
  readonly #table: SeriesTable<Series>;

  constructor(parts: StreamParts) {
    const { descriptor, filter, storages, cardinalityLimit, onOverflow, cleanAttributes } = parts;
    this.descriptor = descriptor;
    this.#filter = filter;
    this.#storageOfReader = storages;
    this.#storages = [...new Set(storages)].filter((storage) => storage !== undefined);
    this.#table = new SeriesTable(
      cardinalityLimit,
      (attributes) => this.#newSeries(attributes),
      onOverflow,
      cleanAttributes,
    );
  }

  /** Whether every reader drops it. */
  get isDropped(): boolean {
    return this.#storages.length === 0;
  }

  /** Records a measurement. @returns its series. @throws an error of a view's attributes processor, or of a getter */
  record(value: number, attributes: Attributes | undefined, context: Context | undefined): Series {
    const filter = this.#filter;
    const series = this.#table.lookup(
      filter === undefined ? attributes : filter(attributes ?? none, context ?? contextApi.active()),
    );
    series.record(value);
    return series;
  }

  /** Records the observations of one callback. @throws an error of a view's attributes processor */
  observe(values: ReadonlyMap<Series, number>, atMs: number, collection: number): void {
    const filter = this.#filter;
    const filtered = new Map<Series, number>();
    for (const [{ attributes }, value] of values) {
      filtered.set(this.#table.lookup(filter === undefined ? attributes : filter(attributes)), value);
    }
    for (const [series, value] of filtered) series.observe(value, atMs, collection);
  }

  /** Drops series that were unused for `expireAfterMs`. */
  expire(nowMs: number, expireAfterMs: number): void {
    this.#drop((series) => series.isExpired(nowMs, expireAfterMs));
  }

  /** Drops the series that callbacks observed last before a collection. A delta reader needs their last value: it keeps them. */
  dropUnobserved(collection: number): void {
    if (this.#storages.every((storage) => storage.dropsUnobserved))
      this.#drop((series) => series.observedIn < collection);
  }

  /** Removes the series of the attributes. @throws an error of a view's attributes processor, or of a getter */
  remove(attributes: Attributes | undefined): void {
    const filter = this.#filter;
    const series = this.#table.remove(
      filter === undefined ? attributes : filter(attributes ?? none, contextApi.active()),
    );
    if (series === undefined) return;
    for (const storage of this.#storages) storage.forget(new Set([series.attributes]));
  }

  #drop(shouldDrop: (series: Series) => boolean): void {
    const dropped = new Set<Attributes>();
    this.#table.drop((series) => {
      const isDropped = shouldDrop(series);
      if (isDropped) dropped.add(series.attributes);
      return isDropped;
    });
    if (dropped.size > 0) for (const storage of this.#storages) storage.forget(dropped);
  }

  /** Returns the metric for a reader; undefined if there are no data points. */
  *collect(
    reader: number,
    endTime: HrTime,
    collection: number | undefined,
  ): Generator<undefined, MetricData | undefined> {
    return yield* this.#storageOfReader[reader]?.collect(this.descriptor, endTime, collection) ?? [];
  }

  #newSeries(attributes: Attributes): Series {
    return new Series(
      attributes,
      this.#storages.map((storage) => storage.getAccumulator(attributes)),
    );
  }
}
