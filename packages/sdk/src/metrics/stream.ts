import { type Attributes, type Context, context as contextApi, type HrTime } from '@opentelemetry/api';
import type { MetricData } from '@opentelemetry/sdk-metrics';

import type { Descriptor } from './descriptor.ts';
import type { MetricStorage } from './metric-storage.ts';
import { Series } from './series.ts';
import type { AttributesFilter } from './view.ts';
import { type AttributesCleaner, SeriesTable } from './series-table.ts';

/** What a stream is made of. */
export interface StreamParts {
  readonly descriptor: Descriptor;
  readonly filter: AttributesFilter | undefined;
  /** Where each reader collects, in the order of the readers; several may collect in one place, and some nowhere. */
  readonly storages: readonly (MetricStorage | undefined)[];
  /** The most series, the one for the overflow included. */
  readonly cardinalityLimit: number;
  readonly onOverflow: () => void;
  readonly cleanAttributes: AttributesCleaner | undefined;
}

const none: Attributes = Object.freeze({});

/** A metric: what one instrument, or several that share a name, measure as one view sees it. */
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

  /** Whether no reader collects it. */
  get isDropped(): boolean {
    return this.#storages.length === 0;
  }

  /** Gives the series that it went to. Throws what a filter of a view throws, or a getter of the attributes. */
  record(value: number, attributes: Attributes | undefined, context: Context | undefined): Series {
    const filter = this.#filter;
    const series = this.#table.lookup(
      filter === undefined ? attributes : filter(attributes ?? none, context ?? contextApi.active()),
    );
    series.record(value);
    return series;
  }

  /** Takes what one callback observed. Throws what a filter of a view throws. */
  observe(values: ReadonlyMap<Series, number>, atMs: number): void {
    const filter = this.#filter;
    const filtered = new Map<Series, number>();
    for (const [{ attributes }, value] of values) {
      filtered.set(this.#table.lookup(filter === undefined ? attributes : filter(attributes)), value);
    }
    for (const [series, value] of filtered) series.record(value, atMs);
  }

  /** Forgets series that were not used for so long. */
  expire(nowMs: number, expireAfterMs: number): void {
    const expired = new Set<Attributes>();
    this.#table.drop((series) => {
      const isExpired = series.isExpired(nowMs, expireAfterMs);
      if (isExpired) expired.add(series.attributes);
      return isExpired;
    });
    if (expired.size > 0) for (const storage of this.#storages) storage.forget(expired);
  }

  /** What a reader gets; undefined when there is nothing to tell. */
  collect(reader: number, endTime: HrTime): MetricData | undefined {
    return this.#storageOfReader[reader]?.collect(this.descriptor, endTime);
  }

  #newSeries(attributes: Attributes): Series {
    return new Series(
      attributes,
      this.#storages.map((storage) => storage.getAccumulator(attributes)),
    );
  }
}
