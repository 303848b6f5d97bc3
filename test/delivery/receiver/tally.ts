import type { CounterPoint, NumberedItems } from './request-reader.ts';

/** Distinct sequence numbers, and how many came again. */
export class Sequence {
  readonly #seen = new Set<number>();
  duplicates = 0;

  get distinct(): number {
    return this.#seen.size;
  }

  add(numbers: readonly number[]): void {
    for (const number of numbers) {
      if (this.#seen.has(number)) this.duplicates += 1;
      else this.#seen.add(number);
    }
  }
}

/** Total of a counter: the last value of each cumulative stream, the sum of all distinct delta points. */
class CounterTotal {
  readonly #deltas = new Map<string, number>();
  readonly #cumulative = new Map<bigint, CounterPoint>();

  get value(): number {
    const values = [...this.#deltas.values(), ...[...this.#cumulative.values()].map((point) => point.value)];
    return values.reduce((total, value) => total + value, 0);
  }

  add(point: CounterPoint): void {
    if (point.isDelta) this.#deltas.set(`${point.start}-${point.end}`, point.value);
    else if (point.end >= (this.#cumulative.get(point.start)?.end ?? 0n)) {
      this.#cumulative.set(point.start, point);
    }
  }
}

/** Everything that a receiver has accepted. */
export class Tally {
  readonly spans: Sequence = new Sequence();
  readonly logs: Sequence = new Sequence();
  readonly #counter = new CounterTotal();
  /** Requests, the failed ones included. */
  requests = 0;

  /** Sum of all counts. */
  get counts(): number {
    return this.#counter.value;
  }

  accept({ spans, logs, points }: NumberedItems): void {
    this.spans.add(spans);
    this.logs.add(logs);
    for (const point of points) this.#counter.add(point);
  }
}
