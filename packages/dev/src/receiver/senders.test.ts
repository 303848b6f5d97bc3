import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeverityNumber, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter as HttpTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPLogExporter as HttpLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter as HttpMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type LogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { TracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace';
import { type Json, TestViewer } from '../testing/viewer.ts';

interface Exporters {
  readonly traces: SpanExporter;
  readonly logs: LogRecordExporter;
  readonly metrics: PushMetricExporter;
}

type Urls = Readonly<Record<'traces' | 'logs' | 'metrics', string>>;

/** Upstream's exporters by protocol. */
const upstream: Readonly<Record<'http' | 'proto' | 'grpc', (urls: Urls) => Exporters>> = {
  http: ({ traces, logs, metrics }) => ({
    traces: new HttpTraces({ url: traces }),
    logs: new HttpLogs({ url: logs }),
    metrics: new HttpMetrics({ url: metrics }),
  }),
  proto: ({ traces, logs, metrics }) => ({
    traces: new ProtobufTraces({ url: traces }),
    logs: new ProtobufLogs({ url: logs }),
    metrics: new ProtobufMetrics({ url: metrics }),
  }),
  grpc: ({ traces, logs, metrics }) => ({
    traces: new GrpcTraces({ url: traces }),
    logs: new GrpcLogs({ url: logs }),
    metrics: new GrpcMetrics({ url: metrics }),
  }),
};

/** Records something of each signal with upstream's SDK, and sends it. */
async function record({ traces, logs, metrics }: Exporters): Promise<void> {
  const resource = resourceFromAttributes({ 'service.name': 'sender', 'service.instance.id': 'one' });
  const tracers = new TracerProvider({
    resource,
    spanProcessors: [new SimpleSpanProcessor({ exporter: traces })],
  });
  const span = tracers.getTracer('sender', '1.2.3').startSpan('work', {
    attributes: {
      text: 'ä\u{1f600}',
      integer: 9007199254740991,
      double: 0.1,
      whole: 5,
      yes: true,
      list: ['a', 'b'],
      numbers: [1, 2.5],
    },
  });
  span.addEvent('checkpoint', { step: 1 });
  span.recordException(new TypeError('broken'));
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'it failed' });
  span.end();
  const loggers = new LoggerProvider({
    resource,
    processors: [new SimpleLogRecordProcessor({ exporter: logs })],
  });
  loggers.getLogger('sender').emit({
    body: { order: { id: 17 } },
    severityNumber: SeverityNumber.WARN,
    severityText: 'WARN',
    eventName: 'order.placed',
    attributes: { nested: { deep: [1, { x: true }] } },
  });
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
  const meters = new MeterProvider({ resource, readers: [reader] });
  meters
    .getMeter('sender')
    .createCounter('jobs', { unit: '{job}', description: 'Jobs done.' })
    .add(3, { queue: 'mail' });
  meters.getMeter('sender').createHistogram('duration', { unit: 's' }).record(0.3);
  await Promise.all([tracers.forceFlush(), loggers.forceFlush(), meters.forceFlush()]);
  await Promise.all([tracers.shutdown(), loggers.shutdown(), meters.shutdown()]);
}

/** Asserts that the received telemetry equals the sent telemetry. */
async function check(viewer: TestViewer): Promise<void> {
  await viewer.server.session.store.flush();
  const {
    items: [request],
  } = await viewer.get('/api/requests');
  const { span } = await viewer.get(`/api/traces/${request.traceId}/spans/${request.spanId}`);
  assert.deepEqual(span.attributes, {
    text: 'ä\u{1f600}',
    integer: 9007199254740991,
    double: 0.1,
    whole: 5,
    yes: true,
    list: ['a', 'b'],
    numbers: [1, 2.5],
  });
  assert.deepEqual(
    [span.status, span.statusMessage, span.scope.name, span.scope.version],
    ['error', 'it failed', 'sender', '1.2.3'],
  );
  assert.deepEqual(
    span.events.map((event: Json) => event.name),
    ['checkpoint', 'exception'],
  );
  assert.deepEqual(span.events[0].attributes, { step: 1 });
  const {
    items: [log],
  } = await viewer.get('/api/logs', { q: 'event=order.placed' });
  assert.deepEqual([log.level, log.severityText, log.bodyValue], ['warn', 'WARN', { order: { id: 17 } }]);
  assert.deepEqual(log.attributes, { nested: { deep: [1, { x: true }] } });
  const { items: metrics } = await viewer.get('/api/metrics');
  const jobs = metrics.find((item: Json) => item.name === 'jobs');
  assert.deepEqual(
    [jobs.type, jobs.unit, jobs.description, jobs.last, jobs.prometheusName],
    ['sum', '{job}', 'Jobs done.', 3, 'jobs_total'],
  );
  assert.deepEqual(jobs.attributes, [{ key: 'queue', values: 1 }]);
  assert.equal(metrics.find((item: Json) => item.name === 'duration').last, 0.3);
  const {
    items: [error],
  } = await viewer.get('/api/errors');
  assert.deepEqual([error.type, error.message, error.count], ['TypeError', 'broken', 1]);
}

for (const kind of ['http', 'proto', 'grpc'] as const) {
  test(`receives what upstream's ${kind} exporters send, with equal values`, async () => {
    await using viewer = await TestViewer.start({ grpcPort: 0 });
    const grpc = `http://localhost:${viewer.server.session.servers.grpc?.port}`;
    const http = viewer.otlpUrl;
    const urls =
      kind === 'grpc'
        ? { traces: grpc, logs: grpc, metrics: grpc }
        : { traces: `${http}/v1/traces`, logs: `${http}/v1/logs`, metrics: `${http}/v1/metrics` };
    await record(upstream[kind](urls));
    await check(viewer);
  });
}

test('an invalid OTLP message over gRPC is refused with the reason', async () => {
  const grpc = await import('@grpc/grpc-js');
  await using viewer = await TestViewer.start({ grpcPort: 0 });
  const client = new grpc.Client(
    `127.0.0.1:${viewer.server.session.servers.grpc?.port}`,
    grpc.credentials.createInsecure(),
  );
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  const identity = (bytes: Buffer): Buffer => bytes;
  const { promise, resolve } = Promise.withResolvers<{ code: number; details: string } | null>();
  client.makeUnaryRequest(path, identity, identity, Buffer.from('ffff', 'hex'), (error) => resolve(error));
  const error = await promise;
  client.close();
  assert.equal(error?.code, grpc.status.INVALID_ARGUMENT);
  assert.match(error.details, /the message is not valid OTLP: a message ends before its end/);
});
