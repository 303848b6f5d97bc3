import type { Attributes } from '@opentelemetry/api';

import type { Accumulator } from './accumulator.ts';
import { MeasuredSeries } from './measured-series.ts';

/** One attribute set of one metric, with a cell for each way in which readers collect it. */
export class Series extends MeasuredSeries {
  /** Whether something was measured since the series was last looked at. */
  isUsed = true;
  /** When it was seen to be used last, in milliseconds of the process's own clock. */
  usedMs = 0;
  readonly #accumulator: Accumulator | undefined;
  readonly #otherAccumulators: readonly Accumulator[] | undefined;

  constructor(attributes: Attributes, cells: readonly Accumulator[]) {
    super(attributes);
    this.#accumulator = cells[0];
    this.#otherAccumulators = cells.length > 1 ? cells.slice(1) : undefined;
  }

  record(value: number, atMs?: number): void {
    this.isUsed = true;
    this.#accumulator?.record(value, atMs);
    if (this.#otherAccumulators !== undefined)
      for (const cell of this.#otherAccumulators) cell.record(value, atMs);
  }

  /** Whether nothing was measured for so long. To be asked at each collection. */
  isExpired(nowMs: number, expireAfterMs: number): boolean {
    if (this.isUsed) {
      this.isUsed = false;
      this.usedMs = nowMs;
    }
    return nowMs - this.usedMs >= expireAfterMs;
  }
}
