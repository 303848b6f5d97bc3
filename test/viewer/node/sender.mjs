// Sends a known number of spans, log records and points by the SDK of its argument, over the protocol of the environment.
import { context, logs, metrics, SeverityNumber, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

async function startSdk(name) {
  if (name === 'sonde') {
    const { start } = await import('@sonde/otel');
    return start();
  }
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK();
  sdk.start();
  return sdk;
}

const requests = 500;
const sdk = await startSdk(process.argv[2]);
const tracer = trace.getTracer('sender');
const logger = logs.getLogger('sender');
const meter = metrics.getMeter('sender');
const jobs = meter.createCounter('jobs', { unit: '{job}', description: 'Jobs done.' });
const duration = meter.createHistogram('duration', { unit: 's' });
const severities = [SeverityNumber.INFO, SeverityNumber.WARN, SeverityNumber.ERROR];

for (let index = 0; index < requests; index++) {
  const attributes = {
    'http.request.method': 'GET',
    'http.route': '/tasks/:id',
    index,
    text: 'ä😀',
    ratio: 0.1,
    yes: true,
    list: ['a', 'b'],
  };
  const span = tracer.startSpan('GET /tasks/:id', { kind: SpanKind.SERVER, attributes });
  context.with(trace.setSpan(context.active(), span), () => {
    tracer.startSpan('SELECT work', { kind: SpanKind.CLIENT }).end();
    logger.emit({
      severityNumber: severities[index % severities.length],
      body: `record ${index}`,
      attributes: { index },
    });
  });
  if (index === requests - 1) span.setStatus({ code: SpanStatusCode.ERROR, message: 'the last one fails' });
  span.end();
  jobs.add(3, { queue: 'mail' });
  duration.record(0.25);
}
await sdk.shutdown();
