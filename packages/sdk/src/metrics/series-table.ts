import type { Attributes } from '@opentelemetry/api';

import { AttributeTrie } from './attribute-trie.ts';
import { frozenAttributes, isConstant } from '../attributes/frozen-attributes.ts';

const none: Attributes = Object.freeze({});
const overflowKey = 'otel.metric.overflow';

/** Returns attributes without secrets; the same object if it has none. */
export type AttributesCleaner = (attributes: Attributes) => Attributes;

/**
 * The series of one metric by their attributes, up to a limit; all further attribute sets share the series
 * `otel.metric.overflow`. Series stay until they are dropped.
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
  /** The frozen attributes of the last lookup: many measurements in a row often have the same. */
  #last: Attributes = none;
  #lastSeries: Series | undefined;
  #isReported = false;

  /**
   * @param limit the maximum number of series, including the overflow series
   * @param create creates a series with frozen attributes
   * @param onOverflow called once
   * @param clean removes secrets from new attributes: sets that differ in secrets alone are one series
   */
  constructor(
    limit: number,
    create: (attributes: Attributes) => Series,
    onOverflow: () => void,
    clean?: AttributesCleaner,
  ) {
    this.#clean = clean;
    this.#limit = limit;
    this.#create = create;
    this.#onOverflow = onOverflow;
  }

  /** Returns the series of the attributes. @throws an error of a getter of the attributes */
  lookup(attributes?: Attributes | null): Series {
    // A long string would be read character by character.
    const key = typeof attributes === 'object' && attributes !== null ? attributes : none;
    if (key === this.#last && this.#lastSeries !== undefined) return this.#lastSeries;
    const series = this.#frozen.get(key);
    if (series === undefined) return this.#paths.get(key) ?? this.#find(key);
    this.#last = key;
    return (this.#lastSeries = series);
  }

  /** Returns the overflow series. */
  #overflowSeries(): Series {
    // A separate object for each table, because exemplars are stored by it.
    this.#overflow ??= this.#create(Object.freeze({ [overflowKey]: true }));
    return this.#overflow;
  }

  /** Drops series. Later measurements with their attributes create new ones. */
  drop(shouldDrop: (series: Series) => boolean): void {
    const before = this.#known.size;
    for (const [identity, series] of this.#known) if (shouldDrop(series)) this.#known.delete(identity);
    const dropsOverflow = this.#overflow !== undefined && shouldDrop(this.#overflow);
    if (dropsOverflow) this.#overflow = undefined;
    if (this.#known.size === before && !dropsOverflow) return;
    this.#lastSeries = undefined;
    this.#frozen = new WeakMap();
    this.#paths = new AttributeTrie();
  }

  /** Removes the series of the attributes, and returns it; undefined if there is none. A later measurement creates a new one. */
  remove(attributes?: Attributes | null): Series | undefined {
    const key = attributes ?? none;
    const copy = frozenAttributes(this.#clean === undefined ? key : this.#clean(key));
    const removed = this.#known.get(attributesIdentity(copy));
    if (removed !== undefined) this.drop((series) => series === removed);
    return removed;
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
    // Each key order of the same attributes is a separate path to one series.
    if (this.#paths.size < 4 * this.#limit) this.#paths.set(attributes, series);
    return series;
  }
}

const overflowIdentity = attributesIdentity({ [overflowKey]: true });

/** Returns the same text for equal attributes with sorted keys. */
function attributesIdentity(sorted: Attributes): string {
  const entries = Object.entries(sorted);
  try {
    return JSON.stringify(entries);
  } catch {
    // A nested `bigint`.
    return JSON.stringify(entries, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  }
}
