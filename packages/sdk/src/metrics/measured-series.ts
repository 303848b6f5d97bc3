import type { Attributes } from '@opentelemetry/api';

import { type ExemplarMeasurement, Reservoir } from '../exemplars/reservoir.ts';
import { attachReservoir } from '../exemplars/store.ts';

/** One series: its frozen attributes, the same object at each collection, and its exemplars. */
export class MeasuredSeries {
  readonly attributes: Attributes;
  #reservoir: Reservoir | undefined;

  constructor(attributes: Attributes) {
    this.attributes = attributes;
  }

  /** Whether to offer an exemplar of this value. Call it once for each measurement. */
  shouldSample(value: number): boolean {
    return this.#reservoir === undefined || this.#reservoir.shouldSample(value);
  }

  /** Offers an exemplar for the data points of the series. */
  offer(exemplar: ExemplarMeasurement): void {
    if (this.#reservoir === undefined) {
      this.#reservoir = new Reservoir();
      attachReservoir(this.attributes, this.#reservoir);
    }
    this.#reservoir.offer(exemplar);
  }
}
