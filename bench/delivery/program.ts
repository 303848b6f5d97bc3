// Records spans at a fixed rate and reports its own delays and processor time.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { trace } from '@opentelemetry/api';

/** Load of a program. */
export interface Load {
  readonly spansPerSecond: number;
  readonly seconds: number;
  /** Size of an additional attribute, in bytes. */
  readonly attributeBytes: number;
}

const { spansPerSecond, seconds, attributeBytes } = JSON.parse(process.env['BENCH_LOAD'] ?? '') as Load;

// Different texts, so that no exporter can reuse an encoded one.
const texts = Array.from({ length: 512 }, (_, index) =>
  attributeBytes === 0
    ? ''
    : String(index)
        .padStart(4, '0')
        .repeat(Math.ceil(attributeBytes / 4)),
);
const tracer = trace.getTracer('bench');

function record(index: number): void {
  const attributes = {
    'http.request.method': 'GET',
    'http.route': '/orders/:id',
    'http.response.status_code': 200,
    'url.path': `/orders/${index}`,
    'url.scheme': 'http',
    'server.address': 'localhost',
    'order.id': index,
    ...(attributeBytes === 0
      ? { 'order.kind': 'gift' }
      : { 'order.text': texts[index % texts.length] ?? '' }),
  };
  tracer.startSpan('GET /orders/:id', { attributes }).end();
}

/** Keeps the rate until the time is over. */
async function run(limitSeconds: number): Promise<number> {
  const begunMs = performance.now();
  let made = 0;
  for (;;) {
    const elapsedSeconds = Math.min((performance.now() - begunMs) / 1000, limitSeconds);
    const due = Math.floor(elapsedSeconds * spansPerSecond);
    for (; made < due; made++) record(made);
    if (elapsedSeconds >= limitSeconds) return made;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const resolutionMs = 1;
const warmUpSpans = await run(1);
const delays = monitorEventLoopDelay({ resolution: resolutionMs });
const cpuBefore = process.cpuUsage();
const begunMs = Date.now();
delays.enable();
const made = await run(seconds);
delays.disable();
process.send?.({ port: 0, made: made + warmUpSpans, begunMs });
const milliseconds = (nanoseconds: number): number => nanoseconds / 1e6;

// The queues are empty when the benchmark asks, so this includes all exports.
process.on('message', () => {
  const { user, system } = process.cpuUsage(cpuBefore);
  process.send?.({
    seen: {
      cpuMicros: user + system,
      measured: made,
      p99Ms: milliseconds(delays.percentile(99)),
      maxMs: milliseconds(delays.max),
      rssMb: process.memoryUsage.rss() / 2 ** 20,
    },
  });
});
