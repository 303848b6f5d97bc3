import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type Histogram,
  InstrumentType,
  MetricReader,
} from '@opentelemetry/sdk-metrics';

/** A metric as plain data. */
export interface TestMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** The name of the instrumentation scope. */
  readonly scope: string;
  /** One data point per attribute set. */
  readonly points: readonly TestPoint[];
}

/** A data point as plain data. */
export interface TestPoint {
  readonly attributes: Attributes;
  /** The sum of a counter, the last value of a gauge, the distribution of a histogram. */
  readonly value: number | TestDistribution;
}

/** The value of a histogram data point. */
export interface TestDistribution {
  readonly count: number;
  readonly sum: number;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** The upper boundaries of the buckets; there is one more bucket than boundaries. */
  readonly boundaries: readonly number[];
  readonly counts: readonly number[];
}

interface AccumulatedMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly scope: string;
  readonly isDelta: boolean;
  readonly points: Map<string, TestPoint>;
}

function toDistribution({ count, sum, min, max, buckets }: Histogram): TestDistribution {
  return { count, sum: sum ?? 0, min, max, boundaries: [...buckets.boundaries], counts: [...buckets.counts] };
}

/** Instruments that report their current value; all others report the increase since the last collection. */
const cumulativeTypes = new Set([
  InstrumentType.UP_DOWN_COUNTER,
  InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
  InstrumentType.GAUGE,
  InstrumentType.OBSERVABLE_GAUGE,
]);

/** A metric reader that accumulates the metrics of all its collections. */
export class MetricMemory extends MetricReader {
  readonly #metrics = new Map<string, AccumulatedMetric>();
  #last: Promise<unknown> = Promise.resolve();

  constructor() {
    super({
      aggregationTemporalitySelector: (type) =>
        cumulativeTypes.has(type) ? AggregationTemporality.CUMULATIVE : AggregationTemporality.DELTA,
    });
  }

  /** The metrics since the last `reset`. */
  read(): Promise<TestMetric[]> {
    return this.#sequentially(async () => {
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

  /** Removes all measurements. */
  reset(): Promise<void> {
    return this.#sequentially(async () => {
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

  /** Runs collections one after another: a delta belongs to exactly one of them. */
  #sequentially<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.then(
      () => {},
      () => {},
    );
    return result;
  }

  async #add(): Promise<void> {
    const { resourceMetrics } = await this.collect();
    for (const { scope, metrics } of resourceMetrics.scopeMetrics) {
      for (const { descriptor, dataPoints, aggregationTemporality } of metrics) {
        const { name, description, unit } = descriptor;
        const key = JSON.stringify([scope.name, name]);
        const isDelta = aggregationTemporality === AggregationTemporality.DELTA;
        const metric = this.#metrics.get(key) ?? {
          name,
          description,
          unit,
          scope: scope.name,
          isDelta,
          points: new Map<string, TestPoint>(),
        };
        this.#metrics.set(key, metric);
        for (const { attributes, value } of dataPoints) {
          const now = typeof value === 'number' ? value : toDistribution(value as Histogram);
          addPoint(metric, { attributes: { ...attributes }, value: now });
        }
      }
    }
  }
}

function addPoint({ isDelta, points }: AccumulatedMetric, point: TestPoint): void {
  const key = JSON.stringify(Object.entries(point.attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const before = points.get(key)?.value;
  points.set(
    key,
    isDelta && before !== undefined ? { ...point, value: addValues(before, point.value) } : point,
  );
}

function addValues(a: TestPoint['value'], b: TestPoint['value']): TestPoint['value'] {
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
