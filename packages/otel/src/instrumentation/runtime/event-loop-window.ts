import {
  type EventLoopUtilization,
  type IntervalHistogram,
  monitorEventLoopDelay,
  performance,
} from 'node:perf_hooks';

const resolutionMs = 10;
const nanosecondsPerMs = 1e6;
const nanosecondsPerSecond = 1e9;

/** The delays of the event loop, in seconds. */
export interface EventLoopDelay {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** The delay and the utilization of the event loop since the last collection of one reader. */
export class EventLoopWindow {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();
  /** When the histogram was reset, by `performance.now()`; undefined once `#first` is known. */
  #resetMs: number | undefined;
  /** The first delay after a reset, in nanoseconds: Node's histogram leaves it out. */
  #first: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#histogram.enable();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#histogram.disable();
  }

  /** The delays so far; undefined without a sample. */
  delay(): EventLoopDelay | undefined {
    const { count, min, max, mean, stddev } = this.#histogram;
    const first = this.#firstDelay();
    if (count === 0 && first === undefined) return undefined;
    const percentile = (percent: number): number => this.#percentile(percent, first) / nanosecondsPerSecond;
    const percentiles = { p50: percentile(50), p90: percentile(90), p99: percentile(99) };
    if (first === undefined) {
      return { ...inSeconds({ min, max, mean, stddev }), ...percentiles };
    }
    if (count === 0)
      return { ...inSeconds({ min: first, max: first, mean: first, stddev: 0 }), ...percentiles };
    const total = count + 1;
    const overallMean = (mean * count + first) / total;
    const squares = count * (stddev ** 2 + (mean - overallMean) ** 2) + (first - overallMean) ** 2;
    return {
      ...inSeconds({
        min: Math.min(min, first),
        max: Math.max(max, first),
        mean: overallMean,
        stddev: Math.sqrt(squares / total),
      }),
      ...percentiles,
    };
  }

  /** The utilization so far, from 0 to 1. */
  utilization(): number {
    return performance.eventLoopUtilization(this.#utilization).utilization;
  }

  /** Begins the next interval. */
  reset(): void {
    this.#utilization = performance.eventLoopUtilization();
    this.#histogram.reset();
    this.#first = undefined;
    this.#resetMs = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#first = this.#firstDelay();
      this.#resetMs = undefined;
    }, resolutionMs).unref();
  }

  #firstDelay(): number | undefined {
    if (this.#resetMs === undefined) return this.#first;
    const elapsedMs = performance.now() - this.#resetMs;
    return elapsedMs < resolutionMs ? undefined : elapsedMs * nanosecondsPerMs;
  }

  /** The percentile of all delays, in nanoseconds. */
  #percentile(percent: number, first: number | undefined): number {
    const { count, max } = this.#histogram;
    if (first === undefined) return this.#histogram.percentile(percent);
    const isLast = Math.ceil((percent / 100) * (count + 1)) > count;
    return count === 0 || (isLast && first > max) ? first : this.#histogram.percentile(percent);
  }
}

function inSeconds<Values extends Readonly<Record<string, number>>>(values: Values): Values {
  const entries = Object.entries(values).map(([name, value]) => [name, value / nanosecondsPerSecond]);
  return Object.fromEntries(entries) as Values;
}
