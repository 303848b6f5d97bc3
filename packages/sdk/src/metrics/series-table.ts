import type { Attributes } from '@opentelemetry/api';

import { AttributeTrie } from './attribute-trie.ts';
import { frozenAttributes, isConstant } from '../attributes/frozen-attributes.ts';

const none: Attributes = Object.freeze({});
const overflowKey = 'otel.metric.overflow';

/** Gives attributes without what no reader is to get: the same object where there is nothing of the kind. */
export type AttributesCleaner = (attributes: Attributes) => Attributes;

/**
 * Every attribute set that one metric has seen, up to a limit; all later ones share the series `otel.metric.overflow`. A series that is not
 * dropped lives as long as the process.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute
 */
export class SeriesTable<Series> {
  readonly #limit: number;
  readonly #create: (attributes: Attributes) => Series;
  readonly #onOverflow: () => void;
  readonly #clean: AttributesCleaner | undefined;
  readonly #known = new Map<string, Series>();
  #frozen = new WeakMap<Attributes, Series>();
  #paths = new AttributeTrie<Series>();
  #overflow: Series | undefined;
  /** What nobody can change and was measured with last: one series is often measured with many times in a row. */
  #last: Attributes = none;
  #lastSeries: Series | undefined;
  #isReported = false;

  /**
   * @param limit the most series, the one for the overflow included
   * @param make a series for attributes that nobody can change
   * @param onOverflow called once
   * @param clean changes attributes that were not seen before: what differs only in secrets is one series
   */
  constructor(
    limit: number,
    make: (attributes: Attributes) => Series,
    onOverflow: () => void,
    clean?: AttributesCleaner,
  ) {
    this.#clean = clean;
    this.#limit = limit;
    this.#create = make;
    this.#onOverflow = onOverflow;
  }

  /** The series that these attributes belong to. Throws what a getter of the attributes throws. */
  lookup(attributes?: Attributes | null): Series {
    const given = attributes ?? none;
    if (given === this.#last && this.#lastSeries !== undefined) return this.#lastSeries;
    const series = this.#frozen.get(given);
    if (series === undefined) return this.#paths.get(given) ?? this.#find(given);
    this.#last = given;
    return (this.#lastSeries = series);
  }

  /** The series of everything beyond the limit. */
  #overflowSeries(): Series {
    // An object of its own for each table: exemplars belong to it.
    this.#overflow ??= this.#create(Object.freeze({ [overflowKey]: true }));
    return this.#overflow;
  }

  /** Forgets every series for which `isDone` says so; what is measured with their attributes again is a new one. */
  drop(isDone: (series: Series) => boolean): void {
    const before = this.#known.size;
    for (const [identity, series] of this.#known) if (isDone(series)) this.#known.delete(identity);
    const isOverflowDone = this.#overflow !== undefined && isDone(this.#overflow);
    if (isOverflowDone) this.#overflow = undefined;
    if (this.#known.size === before && !isOverflowDone) return;
    this.#lastSeries = undefined;
    this.#frozen = new WeakMap();
    this.#paths = new AttributeTrie();
  }

  #overflowed(): Series {
    if (!this.#isReported) this.#onOverflow();
    this.#isReported = true;
    return this.#overflowSeries();
  }

  #find(attributes: Attributes): Series {
    const copy = frozenAttributes(this.#clean === undefined ? attributes : this.#clean(attributes));
    const identity = attributesIdentity(copy);
    let series = this.#known.get(identity);
    if (series === undefined) {
      if (identity === overflowIdentity) return this.#overflowSeries();
      if (this.#known.size >= this.#limit - 1) return this.#overflowed();
      series = this.#create(copy);
      this.#known.set(identity, series);
    }
    if (isConstant(attributes)) this.#frozen.set(attributes, series);
    // The same attributes in several orders are several paths to one series.
    if (this.#paths.size < 4 * this.#limit) this.#paths.set(attributes, series);
    return series;
  }
}

const overflowIdentity = attributesIdentity({ [overflowKey]: true });

/** The same for the same attributes in any order, once they are sorted. */
function attributesIdentity(sorted: Attributes): string {
  const entries = Object.entries(sorted);
  try {
    return JSON.stringify(entries);
  } catch {
    // An integer of 64 bits, somewhere inside.
    return JSON.stringify(entries, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  }
}
