import { type Attributes, type Observable, type ObservableCallback, ValueType } from '@opentelemetry/api';

import type { Descriptor } from './descriptor.ts';
import type { Series } from './series.ts';
import type { Stream } from './stream.ts';
import { truncateToInteger } from './sync-instrument.ts';
import type { RejectedMeasurements } from './rejected-measurements.ts';
import type { SeriesTable } from './series-table.ts';

/** Registers callbacks. */
export interface CallbackRegistry {
  add(callback: ObservableCallback, instrument: ObservableInstrument): void;
  remove(callback: ObservableCallback, instrument: ObservableInstrument): void;
}

/** State of an observable instrument. */
export interface ObservableInstrumentState {
  readonly descriptor: Descriptor;
  readonly streams: readonly Stream[];
  readonly callbacks: CallbackRegistry;
  readonly rejections: RejectedMeasurements;
  /** The series of all instruments with the same descriptor. */
  readonly table: SeriesTable<Series>;
}

/** An instrument whose callbacks report values at each collection. */
export class ObservableInstrument implements Observable {
  readonly #state: ObservableInstrumentState;

  constructor(state: ObservableInstrumentState) {
    this.#state = state;
  }

  get name(): string {
    return this.#state.descriptor.name;
  }

  addCallback(callback: ObservableCallback): void {
    this.#state.callbacks.add(callback, this);
  }

  removeCallback(callback: ObservableCallback): void {
    this.#state.callbacks.remove(callback, this);
  }

  /** Records an observed value in `values`; the last one of an attribute set counts. Never throws. */
  record(values: Map<Series, number>, value: number, attributes: Attributes | undefined): void {
    const { descriptor, rejections, table } = this.#state;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      rejections.record('not_finite', descriptor.name);
      return;
    }
    try {
      const series = table.lookup(attributes);
      const isTruncated = descriptor.valueType === ValueType.INT && !Number.isInteger(value);
      series.isUsed = true;
      values.set(series, isTruncated ? truncateToInteger(value, descriptor) : value);
    } catch {
      rejections.record('attributes_unreadable', descriptor.name);
    }
  }

  /** Passes the observed values to the streams. @throws an error of a view's attributes processor */
  observe(values: ReadonlyMap<Series, number>, atMs: number, collection: number): void {
    for (const series of values.keys()) series.observedIn = Math.max(series.observedIn, collection);
    for (const stream of this.#state.streams) stream.observe(values, atMs, collection);
  }
}
