import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { getLogger, upDownCounter } from '@sonde/otel';
import { problem } from '@sonde/router';

const maxWaiting = 1000;
const log = getLogger('queue');
const tracer = trace.getTracer('shop.queue');
const waiting = upDownCounter('shop.queue.waiting', { description: 'Jobs that wait for the worker' });

/**
 * A queue in this process, worked off one job at a time. A message carries the trace context of whoever sent it, as one
 * through a broker would: the work is a trace of its own, with a link back.
 */
export function createQueue(name, work) {
  const attributes = { 'messaging.system': 'in_process', 'messaging.destination.name': name };
  const messages = [];
  let working = false;

  async function handle({ headers, body }) {
    const sender = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, headers));
    const options = {
      kind: SpanKind.CONSUMER,
      root: true,
      attributes,
      links: sender ? [{ context: sender }] : [],
    };
    await tracer.startActiveSpan(`process ${name}`, options, async (span) => {
      try {
        await work(body);
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        log.error('The job failed', error);
      }
      span.end();
    });
  }

  async function handleAll() {
    if (working) return;
    working = true;
    for (let message = messages.shift(); message !== undefined; message = messages.shift()) {
      waiting.add(-1, attributes);
      await handle(message);
    }
    working = false;
  }

  return {
    send(body) {
      if (messages.length >= maxWaiting) throw problem(503, `${maxWaiting} jobs wait already`);
      tracer.startActiveSpan(`send ${name}`, { kind: SpanKind.PRODUCER, attributes }, (span) => {
        const headers = {};
        propagation.inject(context.active(), headers);
        messages.push({ headers, body });
        waiting.add(1, attributes);
        span.end();
      });
      setImmediate(() => void handleAll());
    },
  };
}
