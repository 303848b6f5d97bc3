/** A measurement that the exemplar filter accepts. */
export interface ExemplarMeasurement {
  readonly value: number;
  readonly timeMs: number;
  /** The span context, whose ids are formatted only when they are exported; empty ids outside a span. */
  readonly source: { readonly traceId: string; readonly spanId: string };
}

/** A measurement with formatted ids. */
export interface Exemplar extends Omit<ExemplarMeasurement, 'source'> {
  readonly traceId: string;
  readonly spanId: string;
}

const maxExemplars = 20;
const slotsPerDoubling = 3;
/** Consider the first 16 measurements in a covered range, then every 16th. */
const SIMILAR_BEFORE_THINNING = 16;
/** After 16 consecutive outliers, treat their range as the common one. */
const OUTLIERS_BEFORE_SHIFT = 16;

/**
 * The newest exemplars of one series, at most twenty: one for each range of values, so that every histogram bucket has one,
 * whatever its boundaries are.
 */
export class Reservoir {
  readonly #slots = new Map<number, ExemplarMeasurement>();
  // The contiguous range of values that has exemplars.
  #low = 0;
  #high = 0;
  #similarCount = 0;
  #outlierCount = 0;

  /** Whether to look up the span of a measurement: skips most of many similar ones. Call it once for each. */
  shouldSample(value: number): boolean {
    if (value < this.#low || value >= this.#high) return true;
    this.#outlierCount = 0;
    const count = ++this.#similarCount;
    return count < SIMILAR_BEFORE_THINNING || count % SIMILAR_BEFORE_THINNING === 0;
  }

  /** Replaces an older measurement of a similar value. */
  offer(measurement: ExemplarMeasurement): void {
    const { value } = measurement;
    const slot = slotIndex(value);
    if (this.#slots.size >= maxExemplars && !this.#slots.has(slot)) this.#dropOldest();
    this.#slots.set(slot, measurement);
    if (value > 0 && (value < this.#low || value >= this.#high)) this.#cover(slot);
  }

  /** Returns the exemplars since `oldestMs` (Unix time), oldest first, and drops older ones. */
  since(oldestMs: number): Exemplar[] {
    this.#low = this.#high = this.#similarCount = 0;
    for (const [slot, { timeMs }] of this.#slots) if (timeMs < oldestMs) this.#slots.delete(slot);
    return Array.from(this.#slots.values(), toExemplar).toSorted((a, b) => a.timeMs - b.timeMs);
  }

  /** Extends the covered range by an adjacent slot: measurements of one series usually span several slots. */
  #cover(slot: number): void {
    const low = slotLowerBound(slot);
    const high = slotLowerBound(slot + 1);
    if (low === this.#high) this.#high = high;
    else if (high === this.#low) this.#low = low;
    else if (this.#high === 0 || ++this.#outlierCount >= OUTLIERS_BEFORE_SHIFT) {
      this.#low = low;
      this.#high = high;
      this.#similarCount = this.#outlierCount = 0;
    }
  }

  #dropOldest(): void {
    let oldest: [slot: number, timeMs: number] = [0, Infinity];
    for (const [slot, { timeMs }] of this.#slots) if (timeMs < oldest[1]) oldest = [slot, timeMs];
    this.#slots.delete(oldest[0]);
  }
}

function slotIndex(value: number): number {
  if (value === 0) return -Infinity;
  const size = Math.floor(Math.log2(Math.abs(value)) * slotsPerDoubling);
  return value > 0 ? size : -size - 1e6;
}

/** Returns the lower bound of a slot for positive values. */
function slotLowerBound(slot: number): number {
  return 2 ** (slot / slotsPerDoubling);
}

function toExemplar({ value, timeMs, source: { traceId, spanId } }: ExemplarMeasurement): Exemplar {
  return { value, timeMs, traceId, spanId };
}
