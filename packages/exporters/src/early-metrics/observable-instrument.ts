import type {
  Attributes,
  BatchObservableCallback,
  BatchObservableResult,
  Observable,
  ObservableCallback,
  ObservableResult,
} from '@opentelemetry/api';

import type { EarlyMeasurements } from './early-measurements.ts';
import type { MeasuredSeries, SeriesTable } from '@sonde/sdk';

/** Where observations of an instrument are checked and counted. */
export interface ObservationTarget {
  readonly measurements: EarlyMeasurements;
  readonly table: SeriesTable<MeasuredSeries>;
  readonly name: string;
}

/** An observable instrument that accepts callbacks before an SDK is registered. */
export class ObservableInstrument implements Observable {
  readonly #target: ObservationTarget;
  readonly #callbacks = new Map<ObservableCallback, ObservableCallback>();
  #delegate: Observable | undefined;

  constructor(target: ObservationTarget) {
    this.#target = target;
  }

  /** The SDK's instrument; undefined until an SDK is registered. */
  get delegate(): Observable | undefined {
    return this.#delegate;
  }

  bind(delegate: Observable): void {
    this.#delegate = delegate;
    for (const guarded of this.#callbacks.values()) delegate.addCallback(guarded);
  }

  addCallback(callback: ObservableCallback): void {
    if (this.#callbacks.has(callback)) return;
    const guarded: ObservableCallback = (result) => callback(this.#guard(result));
    this.#callbacks.set(callback, guarded);
    this.#delegate?.addCallback(guarded);
  }

  removeCallback(callback: ObservableCallback): void {
    const guarded = this.#callbacks.get(callback);
    if (guarded === undefined) return;
    this.#callbacks.delete(callback);
    this.#delegate?.removeCallback(guarded);
  }

  /** Forwards an observation if it is valid. */
  observe(
    value: number,
    attributes: Attributes | undefined,
    forward: (attributes: Attributes) => void,
  ): void {
    const { measurements, table, name } = this.#target;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      measurements.rejected.record('not_finite', name);
      return;
    }
    try {
      forward(table.lookup(attributes).attributes);
    } catch {
      measurements.rejected.record('attributes_unreadable', name);
    }
  }

  #guard(result: ObservableResult): ObservableResult {
    return {
      observe: (value, attributes) => {
        this.observe(value, attributes, (copy) => result.observe(value, copy));
      },
    };
  }
}

/** Wraps a batch callback: checks each observation and forwards it to the instrument of the SDK. */
export function guardBatchCallback(callback: BatchObservableCallback): BatchObservableCallback {
  return (result: BatchObservableResult) =>
    callback({
      observe: (metric, value, attributes) => {
        if (!(metric instanceof ObservableInstrument)) return;
        const { delegate } = metric;
        if (delegate === undefined) return;
        metric.observe(value, attributes, (copy) => result.observe(delegate, value, copy));
      },
    });
}
