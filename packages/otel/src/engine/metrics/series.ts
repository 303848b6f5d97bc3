import type { Attributes } from '@opentelemetry/api';
import { MeasuredSeries } from '@sonde/exporters/internal';
import type { Cell } from './cell.ts';

/** One attribute set of one metric, with a cell for each way in which readers collect it. */
export class Series extends MeasuredSeries {
  /** Whether something was measured since the series was last looked at. */
  isUsed = true;
  /** When it was seen to be used last, in milliseconds of the process's own clock. */
  usedMs = 0;
  readonly #cell: Cell | undefined;
  readonly #otherCells: readonly Cell[] | undefined;

  constructor(attributes: Attributes, cells: readonly Cell[]) {
    super(attributes);
    this.#cell = cells[0];
    this.#otherCells = cells.length > 1 ? cells.slice(1) : undefined;
  }

  record(value: number, atMs?: number): void {
    this.isUsed = true;
    this.#cell?.record(value, atMs);
    if (this.#otherCells !== undefined) for (const cell of this.#otherCells) cell.record(value, atMs);
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
