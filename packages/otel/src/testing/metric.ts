import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type Histogram,
  InstrumentType,
  MetricReader,
} from '@opentelemetry/sdk-metrics';

/** A metric and what was measured, as plain data. */
export interface TestMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** The name of the instrumentation scope: who made it. */
  readonly scope: string;
  /** One for each set of attributes. */
  readonly points: readonly TestPoint[];
}

/** What was measured with one set of attributes. */
export interface TestPoint {
  readonly attributes: Attributes;
  /** The sum of a counter, the last value of a gauge, the distribution of a histogram. */
  readonly value: number | TestDistribution;
}

/** What a histogram measured. */
export interface TestDistribution {
  readonly count: number;
  readonly sum: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** The upper boundaries of the buckets; there is one more bucket than boundaries. */
  readonly boundaries: readonly number[];
  readonly counts: readonly number[];
}

interface Collected {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly scope: string;
  readonly adds: boolean;
  readonly points: Map<string, TestPoint>;
}

function distribution({ count, sum, min, max, buckets }: Histogram): TestDistribution {
  return { count, sum: sum ?? 0, min, max, boundaries: [...buckets.boundaries], counts: [...buckets.counts] };
}

/** Counters and histograms give what is new, what rises and falls gives its level. */
const levels = new Set([
  InstrumentType.UP_DOWN_COUNTER,
  InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
  InstrumentType.GAUGE,
  InstrumentType.OBSERVABLE_GAUGE,
]);

/** Reads metrics when it is asked to, and adds up what it has read. */
export class MetricMemory extends MetricReader {
  readonly #metrics = new Map<string, Collected>();
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    super({
      aggregationTemporalitySelector: (type) =>
        levels.has(type) ? AggregationTemporality.CUMULATIVE : AggregationTemporality.DELTA,
    });
  }

  /** What was measured since the last `forget`. */
  read(): Promise<TestMetric[]> {
    return this.#after(async () => {
      await this.#add();
      return [...this.#metrics.values()].map(({ name, description, unit, scope, points }) => ({
        name,
        description,
        unit,
        scope,
        points: [...points.values()],
      }));
    });
  }

  /** Forgets what was measured so far. */
  forget(): Promise<void> {
    return this.#after(async () => {
      await this.collect();
      this.#metrics.clear();
    });
  }

  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  /** One reading after the other: what one reading takes, the next does not find. */
  #after<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  async #add(): Promise<void> {
    const { resourceMetrics } = await this.collect();
    for (const { scope, metrics } of resourceMetrics.scopeMetrics) {
      for (const { descriptor, dataPoints, aggregationTemporality } of metrics) {
        const { name, description, unit } = descriptor;
        const key = JSON.stringify([scope.name, name]);
        const adds = aggregationTemporality === AggregationTemporality.DELTA;
        const metric = this.#metrics.get(key) ?? {
          name,
          description,
          unit,
          scope: scope.name,
          adds,
          points: new Map<string, TestPoint>(),
        };
        this.#metrics.set(key, metric);
        for (const { attributes, value } of dataPoints) {
          const now = typeof value === 'number' ? value : distribution(value as Histogram);
          addPoint(metric, { attributes: { ...attributes }, value: now });
        }
      }
    }
  }
}

function addPoint({ adds, points }: Collected, point: TestPoint): void {
  const key = JSON.stringify(Object.entries(point.attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const before = points.get(key)?.value;
  points.set(key, adds && before !== undefined ? { ...point, value: sumOf(before, point.value) } : point);
}

function sumOf(a: TestPoint['value'], b: TestPoint['value']): TestPoint['value'] {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) + Number(b);
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min ?? Infinity, b.min ?? Infinity),
    max: Math.max(a.max ?? -Infinity, b.max ?? -Infinity),
    boundaries: b.boundaries,
    counts: b.counts.map((count, index) => count + (a.counts[index] ?? 0)),
  };
}
