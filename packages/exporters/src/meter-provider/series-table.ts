import type { Attributes } from '@opentelemetry/api';

import { Reservoir, type Exemplar } from '../exemplars/reservoir.ts';
import { attachReservoir } from '../exemplars/store.ts';
import { AttributePaths } from './attribute-paths.ts';

/** The attributes of one series as the SDK gets them: a copy that nobody can change, the same object for every measurement. */
export class MeasuredSeries {
  readonly attributes: Attributes;
  #reservoir: Reservoir | undefined;

  constructor(attributes: Attributes) {
    this.attributes = attributes;
  }

  offer(exemplar: Exemplar): void {
    if (this.#reservoir === undefined) {
      this.#reservoir = new Reservoir();
      attachReservoir(this.attributes, this.#reservoir);
    }
    this.#reservoir.offer(exemplar);
  }
}

/**
 * Every attribute set that one metric has seen in the life of the process, up to a limit; all later ones share the series
 * `otel.metric.overflow`.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute
 */
export class SeriesTable {
  readonly #limit: number;
  readonly #onOverflow: () => void;
  readonly #paths = new AttributePaths<MeasuredSeries>();
  readonly #known = new Map<string, MeasuredSeries>();
  #overflow: MeasuredSeries | undefined;

  /** The limit counts the overflow series. */
  constructor(limit: number, onOverflow: () => void) {
    this.#limit = limit;
    this.#onOverflow = onOverflow;
  }

  /** Throws what a getter of the attributes throws. */
  of(attributes: Attributes = none): MeasuredSeries {
    return this.#paths.get(attributes) ?? this.#find(attributes);
  }

  #find(attributes: Attributes): MeasuredSeries {
    const copy = copied(attributes);
    const identity = JSON.stringify(Object.entries(copy));
    let series = this.#known.get(identity);
    if (series === undefined) {
      if (this.#known.size >= this.#limit - 1) return this.#overflowed();
      series = new MeasuredSeries(copy);
      this.#known.set(identity, series);
    }
    // The same attributes in several orders are several paths to one series.
    if (this.#paths.size < 4 * this.#limit) this.#paths.set(attributes, series);
    return series;
  }

  #overflowed(): MeasuredSeries {
    if (this.#overflow === undefined) {
      this.#overflow = new MeasuredSeries(Object.freeze({ 'otel.metric.overflow': true }));
      this.#onOverflow();
    }
    return this.#overflow;
  }
}

const none: Attributes = {};

/** A frozen copy with sorted keys. */
function copied(attributes: Attributes): Attributes {
  const copy: Attributes = {};
  for (const key of Object.keys(attributes).toSorted()) {
    const value = attributes[key];
    if (value === undefined) continue;
    // A plain assignment of __proto__ would set the prototype.
    Object.defineProperty(copy, key, { value: copiedValue(value), enumerable: true });
  }
  return Object.freeze(copy);
}

function copiedValue<Value>(value: Value): Value | string {
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  try {
    JSON.stringify(value);
    return structuredClone(value);
  } catch {
    return '[unserializable]';
  }
}
