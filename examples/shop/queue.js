import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { getLogger, upDownCounter } from '@sonde/otel';
import { problem } from '@sonde/router';

const maxWaiting = 1000;
const log = getLogger('queue');
const tracer = trace.getTracer('shop.queue');
const waiting = upDownCounter('shop.queue.waiting', { description: 'Number of jobs waiting for the worker' });

/**
 * An in-process queue that processes one job at a time. As with a broker, a message carries the trace context of its
 * sender, and the job is a separate trace with a link to it.
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
