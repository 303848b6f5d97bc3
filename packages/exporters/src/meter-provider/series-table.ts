import type { Attributes } from '@opentelemetry/api';

import { Reservoir, type Exemplar } from '../exemplars/reservoir.ts';
import { attachReservoir } from '../exemplars/store.ts';

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
  /** By the attributes in the order in which they came; several keys may lead to one series. */
  readonly #byOrder = new Map<string, MeasuredSeries>();
  readonly #bySorted = new Map<string, MeasuredSeries>();
  #overflow: MeasuredSeries | undefined;

  /** The limit counts the overflow series. */
  constructor(limit: number, onOverflow: () => void) {
    this.#limit = limit;
    this.#onOverflow = onOverflow;
  }

  /** Throws what a getter of the attributes throws. */
  of(attributes: Attributes | undefined): MeasuredSeries {
    const keys = Object.keys(attributes ?? {});
    const inOrder = identity(attributes ?? {}, keys);
    return this.#byOrder.get(inOrder) ?? this.#find(attributes ?? {}, keys, inOrder);
  }

  #find(attributes: Attributes, keys: string[], inOrder: string): MeasuredSeries {
    const sortedKeys = keys.toSorted();
    const sorted = identity(attributes, sortedKeys);
    let series = this.#bySorted.get(sorted);
    if (series === undefined) {
      if (this.#bySorted.size >= this.#limit - 1) return this.#overflowed();
      series = new MeasuredSeries(copied(attributes, sortedKeys));
      this.#bySorted.set(sorted, series);
    }
    if (this.#byOrder.size < 4 * this.#limit) this.#byOrder.set(inOrder, series);
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

/** A text that only equal attributes in the same order have: every part is preceded by its length. */
function identity(attributes: Attributes, keys: readonly string[]): string {
  let text = '';
  for (const key of keys) {
    const value = attributes[key];
    if (typeof value === 'string') text += `${key.length}:${key}s${value.length}:${value}`;
    else if (typeof value === 'number') text += `${key.length}:${key}n${value};`;
    else if (value !== undefined) text += otherIdentity(key, value);
  }
  return text;
}

function otherIdentity(key: string, value: unknown): string {
  const json = JSON.stringify(copiedValue(value)) ?? '';
  return `${key.length}:${key}j${json.length}:${json}`;
}

function copied(attributes: Attributes, keys: readonly string[]): Attributes {
  const copy: Attributes = {};
  for (const key of keys) {
    const value = attributes[key];
    if (value !== undefined) {
      // A plain assignment of __proto__ would set the prototype.
      Object.defineProperty(copy, key, { value: copiedValue(value), enumerable: true });
    }
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
