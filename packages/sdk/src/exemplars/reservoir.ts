/** A measurement made inside a sampled span. */
export interface Measurement {
  readonly value: number;
  readonly timeMs: number;
  /** Its ids may be made when they are read: most are not. */
  readonly source: { readonly traceId: string; readonly spanId: string };
}

/** A measurement made inside a sampled span, as it is exported. */
export interface Exemplar extends Omit<Measurement, 'source'> {
  readonly traceId: string;
  readonly spanId: string;
}

const maxExemplars = 20;
const slotsPerDoubling = 3;
/** So many measurements of ranges that have an exemplar are all looked at, and one in as many that follow. */
const SIMILAR_BEFORE_THINNING = 16;
/** So many in a row that are far from those ranges, and they are the ones that most are in. */
const OUTLIERS_BEFORE_SHIFT = 16;

/**
 * The newest exemplars of one series, at most twenty: one for each range of values, so that every bucket of a histogram finds one of its
 * own, whatever its boundaries are.
 */
export class Reservoir {
  readonly #slots = new Map<number, Measurement>();
  // Ranges without a gap that each have one, empty until there is one.
  #low = 0;
  #high = 0;
  #similarCount = 0;
  #outlierCount = 0;

  /** Whether to look for the span of a measurement: not for each of many that are alike. To be asked once for each. */
  shouldSample(value: number): boolean {
    if (value < this.#low || value >= this.#high) return true;
    this.#outlierCount = 0;
    const alike = ++this.#similarCount;
    return alike < SIMILAR_BEFORE_THINNING || alike % SIMILAR_BEFORE_THINNING === 0;
  }

  /** Takes a measurement in place of an older one of about the same value. */
  offer(measured: Measurement): void {
    const { value } = measured;
    const slot = slotIndex(value);
    if (this.#slots.size >= maxExemplars && !this.#slots.has(slot)) this.#forgetOldest();
    this.#slots.set(slot, measured);
    if (value > 0 && (value < this.#low || value >= this.#high)) this.#cover(slot);
  }

  /** The exemplars that are no older than `oldestMs` (Unix time), oldest first; older ones are forgotten. */
  since(oldestMs: number): Exemplar[] {
    this.#low = this.#high = this.#similarCount = 0;
    for (const [slot, { timeMs }] of this.#slots) if (timeMs < oldestMs) this.#slots.delete(slot);
    return Array.from(this.#slots.values(), toExemplar).toSorted((a, b) => a.timeMs - b.timeMs);
  }

  /** Measurements vary by more than one range: they are alike when they are in ranges side by side. */
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

  #forgetOldest(): void {
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

/** Where the range of a slot for positive values begins. */
function slotLowerBound(slot: number): number {
  return 2 ** (slot / slotsPerDoubling);
}

function toExemplar({ value, timeMs, source: { traceId, spanId } }: Measurement): Exemplar {
  return { value, timeMs, traceId, spanId };
}
