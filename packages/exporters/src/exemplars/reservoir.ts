/** A measurement made inside a sampled span. */
export interface Exemplar {
  readonly value: number;
  readonly timeMs: number;
  readonly traceId: string;
  readonly spanId: string;
}

const maxExemplars = 20;
const slotsPerDoubling = 3;

/**
 * The newest exemplars of one series, at most twenty: one for each range of values, so that every bucket of a histogram finds one of its
 * own, whatever its boundaries are.
 */
export class Reservoir {
  readonly #slots = new Map<number, Exemplar>();

  /** Takes the exemplar in place of an older one of about the same value. */
  offer(exemplar: Exemplar): void {
    const slot = slotOf(exemplar.value);
    if (!this.#slots.has(slot) && this.#slots.size >= maxExemplars) this.#forgetOldest();
    this.#slots.set(slot, exemplar);
  }

  /** The exemplars that are no older than `oldestMs` (Unix time), oldest first; older ones are forgotten. */
  since(oldestMs: number): Exemplar[] {
    for (const [slot, { timeMs }] of this.#slots) if (timeMs < oldestMs) this.#slots.delete(slot);
    return [...this.#slots.values()].toSorted((a, b) => a.timeMs - b.timeMs);
  }

  #forgetOldest(): void {
    let oldest: [slot: number, timeMs: number] = [0, Infinity];
    for (const [slot, { timeMs }] of this.#slots) if (timeMs < oldest[1]) oldest = [slot, timeMs];
    this.#slots.delete(oldest[0]);
  }
}

function slotOf(value: number): number {
  if (value === 0) return -Infinity;
  const size = Math.floor(Math.log2(Math.abs(value)) * slotsPerDoubling);
  return value > 0 ? size : -size - 1e6;
}
