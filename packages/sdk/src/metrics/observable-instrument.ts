import { type Attributes, type Observable, type ObservableCallback, ValueType } from '@opentelemetry/api';

import type { Descriptor } from './descriptor.ts';
import type { Series } from './series.ts';
import type { Stream } from './stream.ts';
import { truncateToInteger } from './sync-instrument.ts';
import type { RejectedMeasurements } from './rejected-measurements.ts';
import type { SeriesTable } from './series-table.ts';

/** Where callbacks are registered. */
export interface CallbackRegistry {
  add(callback: ObservableCallback, instrument: ObservableInstrument): void;
  remove(callback: ObservableCallback, instrument: ObservableInstrument): void;
}

/** What an observable instrument is made of. */
export interface ObservableInstrumentState {
  readonly descriptor: Descriptor;
  readonly streams: readonly Stream[];
  readonly callbacks: CallbackRegistry;
  readonly refusals: RejectedMeasurements;
  /** The attribute sets of all instruments that are one. */
  readonly table: SeriesTable<Series>;
}

/** An instrument that is asked for its values when somebody collects. */
export class ObservableInstrument implements Observable {
  readonly #parts: ObservableInstrumentState;

  constructor(parts: ObservableInstrumentState) {
    this.#parts = parts;
  }

  addCallback(callback: ObservableCallback): void {
    this.#parts.callbacks.add(callback, this);
  }

  removeCallback(callback: ObservableCallback): void {
    this.#parts.callbacks.remove(callback, this);
  }

  /** Notes a value that a callback observed; the last one of an attribute set counts. Never throws. */
  record(values: Map<Series, number>, value: number, attributes: Attributes | undefined): void {
    const { descriptor, refusals, table } = this.#parts;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      refusals.record('not_finite', descriptor.name);
      return;
    }
    try {
      const series = table.lookup(attributes);
      const isCut = descriptor.valueType === ValueType.INT && !Number.isInteger(value);
      series.isUsed = true;
      values.set(series, isCut ? truncateToInteger(value, descriptor) : value);
    } catch {
      refusals.record('attributes_unreadable', descriptor.name);
    }
  }

  /** Takes what a callback observed. Throws what a filter of a view throws. */
  observe(values: ReadonlyMap<Series, number>, atMs: number): void {
    for (const stream of this.#parts.streams) stream.observe(values, atMs);
  }
}
