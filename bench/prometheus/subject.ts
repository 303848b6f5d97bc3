import { setImmediate as nextTurn } from 'node:timers/promises';

/** Creates the series: half of the lines are counters, half are histograms of 13 lines. */
export interface Instruments {
  readonly count: (labels: Record<string, string>) => void;
  readonly observe: (seconds: number, labels: Record<string, string>) => void;
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

/** Reports the endpoint to the parent, and handles requests for event-loop and heap statistics. */
export function report(url: string): void {
  process.on('message', (question) => {
    globalThis.gc?.();
    if (question === 'watch') {
      watch.isOn = true;
      watch.last = performance.now();
      void watchTurns();
    }
    const { longestMs, longestWithoutCollectMs, collectMs } = watch;
    const { heapUsed } = process.memoryUsage();
    process.send?.({ longestMs, longestWithoutCollectMs, collectMs, heapUsed });
  });
  process.send?.({ url });
}

/** Wraps the collection of the SDK to measure it separately. */
export function watched<Result>(collect: () => Promise<Result>): () => Promise<Result> {
  return async () => {
    const start = performance.now();
    const result = await collect();
    const ms = performance.now() - start;
    watch.collectMs = watch.isOn ? Math.max(watch.collectMs, ms) : 0;
    watch.excludedMs += ms;
    return result;
  };
}

const watch = { isOn: false, last: 0, excludedMs: 0, longestMs: 0, longestWithoutCollectMs: 0, collectMs: 0 };

/** Measures every event-loop turn. This keeps the loop busy, so other times are not measured at the same time. */
async function watchTurns(): Promise<void> {
  await nextTurn();
  const now = performance.now();
  const turnMs = now - watch.last;
  watch.longestMs = Math.max(watch.longestMs, turnMs);
  watch.longestWithoutCollectMs = Math.max(watch.longestWithoutCollectMs, turnMs - watch.excludedMs);
  watch.last = now;
  watch.excludedMs = 0;
  setImmediate(() => void watchTurns());
}

/** Requested number of lines. */
export const lines: number = Number(process.argv[2] ?? 1000);
