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

/** What an observation must pass before the SDK gets it. */
export interface ObservationTarget {
  readonly measurements: EarlyMeasurements;
  readonly table: SeriesTable<MeasuredSeries>;
  readonly name: string;
}

/** An observable instrument that can be made, and given callbacks, before there is an SDK. */
export class ObservableInstrument implements Observable {
  readonly #target: ObservationTarget;
  readonly #callbacks = new Map<ObservableCallback, ObservableCallback>();
  #delegate: Observable | undefined;

  constructor(target: ObservationTarget) {
    this.#target = target;
  }

  /** The SDK's instrument, once there is one. */
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

  /** Passes one observation on, unless it would ruin the series. */
  observe(value: number, attributes: Attributes | undefined, pass: (attributes: Attributes) => void): void {
    const { measurements, table, name } = this.#target;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      measurements.rejected.record('not_finite', name);
      return;
    }
    try {
      pass(table.lookup(attributes).attributes);
    } catch {
      measurements.rejected.record('attributes_unreadable', name);
    }
  }

  #guard(result: ObservableResult): ObservableResult {
    return {
      observe: (value, attributes) => {
        this.observe(value, attributes, (own) => result.observe(value, own));
      },
    };
  }
}

/** The callback with every observation guarded, for instruments of ours in place of the SDK's. */
export function guardBatchCallback(callback: BatchObservableCallback): BatchObservableCallback {
  return (result: BatchObservableResult) =>
    callback({
      observe: (metric, value, attributes) => {
        if (!(metric instanceof ObservableInstrument)) return;
        const { delegate } = metric;
        if (delegate === undefined) return;
        metric.observe(value, attributes, (own) => result.observe(delegate, value, own));
      },
    });
}
