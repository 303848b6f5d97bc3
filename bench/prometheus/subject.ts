import { monitorEventLoopDelay } from 'node:perf_hooks';

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
export function report(url: string, collect?: () => Promise<unknown>): void {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  process.on('message', (question) => void answer(question));
  process.send?.({ url });

  async function answer(question: unknown): Promise<void> {
    if (question === 'reset') delay.reset();
    const started = performance.now();
    if (question === 'collect') await collect?.();
    const collectMs = performance.now() - started;
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    process.send?.({ longestBlockMs: delay.max / 1e6, collectMs, heapUsed, rss });
  }
}

/** The number of lines that this process was asked for. */
export const lines: number = Number(process.argv[2] ?? 1000);
