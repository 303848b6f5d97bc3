import { setImmediate as nextTurn } from 'node:timers/promises';

/** What makes the series of a page: counters take half of the lines, histograms of 13 lines each the other half. */
export interface Instruments {
  readonly count: (labels: Record<string, string>) => void;
  readonly observe: (seconds: number, labels: Record<string, string>) => void;
}

/** The boundaries of every histogram: with count, sum and infinity they make 13 lines. */
export const boundaries: number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const methods = ['GET', 'POST', 'PUT', 'DELETE'];

/** Measures until the page has about this many lines. */
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

/** Tells the parent where the page is, and answers its questions about the event loop and the heap. */
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

/** Wraps the SDK's collection, so that its time can be told apart. */
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

/** Measures every turn of the event loop. It keeps the loop busy, so times are not taken meanwhile. */
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

/** The number of lines that this process was asked for. */
export const lines: number = Number(process.argv[2] ?? 1000);
