import type { Attributes, Context, Counter, Gauge, Histogram } from '@opentelemetry/api';

import type { Measurer, SyncState } from './measurer.ts';

/** A counter, up-down counter, histogram or gauge that works before there is an SDK. */
export class SyncInstrument implements Counter, Gauge, Histogram {
  readonly #measurer: Measurer;
  readonly #state: SyncState;

  constructor(measurer: Measurer, state: SyncState) {
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
