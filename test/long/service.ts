// A service that counts its spans and log records in addition to exporting them.
import { SpanStatusCode } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { counter, getLogger, histogram, span, start } from '@sonde/otel';
import { createRouter } from '@sonde/router';

/** Counts what ends. */
class Counted implements SpanProcessor, LogRecordProcessor {
  count = 0;

  onStart(): void {}

  onEnd(): void {
    this.count++;
  }

  onEmit(): void {
    this.count++;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

const spans = new Counted();
const records = new Counted();
const sonde = start({
  serviceName: 'soak',
  traces: { spanProcessors: [spans] },
  logs: { console: false, logRecordProcessors: [records] },
  metrics: { intervalMs: 5000 },
});

const log = getLogger('soak');
const orders = counter('orders', { description: 'Orders looked up' });
const sizes = histogram('order.size', { unit: 'By' });

const router = createRouter().get('/orders/:id', async (c) => {
  const { id } = c.params;
  orders.add(1, { 'order.region': `region-${Number(id) % 10}` });
  return span('look up', { 'order.id': id }, async (active) => {
    log.info('Looking up an order', { 'order.id': id });
    await Promise.resolve();
    sizes.record(id.length);
    if (Number(id) % 50 === 0) {
      active.setStatus({ code: SpanStatusCode.ERROR, message: 'gone' });
      log.exception(new Error(`order ${id} is gone`));
    }
    return { id };
  });
});
const { port } = await router.listen();

/** Number of created items, and the heap size after they are exported. */
async function report(): Promise<object> {
  await sonde.flush();
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return { spans: spans.count, records: records.count, bytes: heapUsed + external };
}
process.on('message', () => void report().then((message) => process.send?.(message)));
process.send?.({ port });
