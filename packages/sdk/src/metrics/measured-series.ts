import type { Attributes } from '@opentelemetry/api';

import { type Measurement, Reservoir } from '../exemplars/reservoir.ts';
import { attachReservoir } from '../exemplars/store.ts';

/** The attributes of one series as readers get them: a copy that nobody can change, the same object for every measurement. */
export class MeasuredSeries {
  readonly attributes: Attributes;
  #reservoir: Reservoir | undefined;

  constructor(attributes: Attributes) {
    this.attributes = attributes;
  }

  /** Whether to look for an exemplar of such a value. To be asked once for each measurement. */
  shouldSample(value: number): boolean {
    return this.#reservoir === undefined || this.#reservoir.shouldSample(value);
  }

  /** Keeps an exemplar for the points of the series. */
  offer(exemplar: Measurement): void {
    if (this.#reservoir === undefined) {
      this.#reservoir = new Reservoir();
      attachReservoir(this.attributes, this.#reservoir);
    }
    this.#reservoir.offer(exemplar);
  }
}
