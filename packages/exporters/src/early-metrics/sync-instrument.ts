import type { Attributes, Context, Counter, Gauge, Histogram } from '@opentelemetry/api';

import type { EarlyMeasurements, SyncState } from './early-measurements.ts';

/** A counter, up-down counter, histogram or gauge that works before there is an SDK. */
export class SyncInstrument implements Counter, Gauge, Histogram {
  readonly #measurer: EarlyMeasurements;
  readonly #state: SyncState;

  constructor(measurer: EarlyMeasurements, state: SyncState) {
    this.#measurer = measurer;
    this.#state = state;
  }

  add(value: number, attributes?: Attributes, context?: Context): void {
    this.#measurer.measure(this.#state, value, attributes, context);
  }

  record(value: number, attributes?: Attributes, context?: Context): void {
    this.#measurer.measure(this.#state, value, attributes, context);
  }
}
