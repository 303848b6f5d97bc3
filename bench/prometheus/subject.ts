import { GCProfiler } from 'node:v8';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Creates the series: half of the lines are counters, half are histograms of 13 lines. */
export interface Instruments {
  readonly count: (labels: Record<string, string>) => void;
  readonly observe: (seconds: number, labels: Record<string, string>) => void;
}

/** Statistics of the process since the last report. */
export interface Statistics {
  /** The longest turn of the event loop; 0 unless the turns were watched. */
  readonly longestMs: number;
  /** The processor time of all threads. */
  readonly cpuMs: number;
  /** The heap and the buffers at the highest point, beyond those before. */
  readonly peakBytes: number;
  /** The heap after a collection of garbage. */
  readonly heapBytes: number;
}

/** The boundaries of every histogram: with count, sum and infinity they make 13 lines. */
export const boundaries: number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const methods = ['GET', 'POST', 'PUT', 'DELETE'];

/** Records until the response has about this many lines. */
export function fill(lines: number, { count, observe }: Instruments): void {
  const half = lines / 2;
  for (let series = 0; series < half; series++) count(labels(series));
  for (let series = 0; series < half / 13; series++) observe((series % 70) / 10, labels(series));
}

function labels(series: number): Record<string, string> {
  const method = methods[series % 4] ?? '';
  return {
    method,
    route: `/api/v1/resource/${Math.floor(series / 20)}/:id`,
    status: String(200 + (series % 5)),
  };
}

/** Reports the endpoint to the parent, and statistics whenever the parent asks: `watch` also measures the turns from then on. */
export function report(url: string): void {
  process.on('message', (question) => {
    process.send?.(statistics());
    if (question !== 'watch' || isWatching) return;
    isWatching = true;
    last = performance.now();
    void watchTurns();
  });
  statistics();
  process.send?.({ url });
}

process.once('SIGINT', () => process.exit());
let isWatching = false;
let last = 0;
let longestMs = 0;
let baseBytes = 0;
let baseCpu = process.cpuUsage();
let profiler: GCProfiler | undefined;

function statistics(): Statistics {
  const { user, system } = process.cpuUsage(baseCpu);
  const { heapUsed, external } = process.memoryUsage();
  // Every collection of garbage reports the size before it: the highest one is the peak.
  const before = profiler?.stop()?.statistics.map(({ beforeGC }) => beforeGC.heapStatistics) ?? [];
  const sizes = before.map((heap) => heap.usedHeapSize + heap.externalMemory);
  const peakBytes = Math.max(heapUsed + external, ...sizes) - baseBytes;
  globalThis.gc?.();
  const settled = process.memoryUsage();
  const result = { longestMs, cpuMs: (user + system) / 1000, peakBytes, heapBytes: settled.heapUsed };
  baseBytes = settled.heapUsed + settled.external;
  longestMs = 0;
  last = performance.now();
  profiler = new GCProfiler();
  profiler.start();
  baseCpu = process.cpuUsage();
  return result;
}

/** Measures every event-loop turn. This keeps the loop busy, so other times are not measured at the same time. */
async function watchTurns(): Promise<void> {
  await nextTurn();
  const now = performance.now();
  longestMs = Math.max(longestMs, now - last);
  last = now;
  setImmediate(() => void watchTurns());
}

/** Requested number of lines. */
export const lines: number = Number(process.argv[2] ?? 1000);
/** Requested format. */
export const format: string = process.argv[3] ?? 'text';
