import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { suite, type TestContext, test } from 'node:test';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { AggregationTemporality, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { OtlpLogExporter, OtlpMetricExporter, OtlpTraceExporter } from '@sonde/exporters';
import { buildCollector, collectorPlaces, startCollector } from '../support/collector.ts';
import { GrpcReceiver } from '../support/grpc-receiver.ts';
import { needs } from '../support/needs.ts';
import { decoders } from '../support/otlp-decoder.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Random } from '../support/random.ts';
import { findProgram } from '../support/run.ts';
import { sourceProgram } from '../support/source-program.ts';
import { origins, record, resourceMetrics, span } from './random-telemetry.ts';

const timeout = 60_000;
type Signal = keyof typeof decoders;

/** The exporter of either side. */
interface Exporter {
  export(batch: never, done: (result: { readonly code: number; readonly error?: Error }) => void): void;
  shutdown(): Promise<void>;
}

/** The decoded requests of one export, and how they were called. */
async function exported(receiver: GrpcReceiver, exporter: Exporter, batch: unknown): Promise<object[]> {
  const before = receiver.arrived.length;
  const { code, error } = await new Promise<{ code: number; error?: Error }>((resolve) =>
    exporter.export(batch as never, resolve),
  );
  assert.equal(code, 0, error?.message);
  await exporter.shutdown();
  return receiver.arrived.slice(before).map(({ method, body, metadata }) => {
    const [, signal = ''] = /collector\.(\w+)\./.exec(method) ?? [];
    const decoder = decoders[(signal === 'trace' ? 'traces' : signal) as Signal];
    const message = decoder.toObject(decoder.decode(body), {
      longs: String,
      bytes: String,
      defaults: true,
      oneofs: true,
    });
    return { method, message, tenant: metadata.get('x-tenant') };
  });
}

suite('the same telemetry arrives as from upstream over gRPC', { timeout }, () => {
  for (const compression of ['none', 'gzip'] as const) {
    for (const [signal, Ours, Upstream, create] of [
      [
        'traces',
        OtlpTraceExporter,
        OTLPTraceExporter,
        (random: Random) => {
          const from = origins(random);
          return Array.from({ length: 5 }, () => span(random, from));
        },
      ],
      [
        'logs',
        OtlpLogExporter,
        OTLPLogExporter,
        (random: Random) => {
          const from = origins(random);
          return Array.from({ length: 5 }, () => record(random, from));
        },
      ],
      ['metrics', OtlpMetricExporter, OTLPMetricExporter, cumulativeMetrics],
    ] as const) {
      test(`${signal}, compression ${compression}`, { timeout }, async (t) => {
        await using receiver = await GrpcReceiver.start();
        setVariables(t, {
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
          OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a%20b',
          OTEL_EXPORTER_OTLP_COMPRESSION: compression,
        });
        for (let seed = 1; seed <= 10; seed++) {
          const batch = create(new Random(seed));
          const ours = await exported(receiver, new Ours({ protocol: 'grpc' }), batch);
          assert.equal(ours.length, 1);
          assert.deepEqual(ours, await exported(receiver, new Upstream(), batch), `seed ${seed}`);
        }
      });
    }
  }
});

/** Metrics that are exported in one request: snapshots replace each other, deltas do not. */
function cumulativeMetrics(random: Random): ResourceMetrics {
  const { resource, scopeMetrics } = resourceMetrics(random);
  for (const { metrics } of scopeMetrics) {
    for (const metric of metrics) {
      Object.assign(metric, { aggregationTemporality: AggregationTemporality.CUMULATIVE });
    }
  }
  return { resource, scopeMetrics };
}

function setVariables(t: TestContext, variables: Readonly<Record<string, string>>): void {
  Object.assign(process.env, variables);
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });
}

/** The names of received spans. */
function spanNames(receiver: GrpcReceiver): string[] {
  const calls = receiver.arrived.filter(({ method }) => method.includes('TraceService'));
  return calls.flatMap(({ body }) => {
    const message = decoders.traces.decode(body) as {
      resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[];
    };
    return message.resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
    );
  });
}

const startTraces = `
  import { start, span, histogram } from '@sonde/otel';
  const sonde = start({ metrics: { exporter: 'none' }, logs: { exporter: 'none', console: false } });
  span('work', () => {});`;

for (const [ending, end] of [
  ['the end of the event loop', ''],
  ['shutdown()', 'await sonde.shutdown();'],
  ['process.exit()', 'process.exit(0);'],
  ['SIGTERM', `setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM');`],
] as const) {
  test(`spans arrive over gRPC at ${ending}`, { timeout }, async (t) => {
    await using receiver = await GrpcReceiver.start();
    await using program = await sourceProgram(
      t,
      { 'app.mjs': startTraces + end },
      {
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        // The thread that sends in the 'exit' event loads the library, which takes seconds on a busy machine.
        SONDE_EXIT_TIMEOUT: '20000',
      },
    );
    const { code, signal } = await program.ended;
    assert.deepEqual([code, signal], ending === 'SIGTERM' ? [null, 'SIGTERM'] : [0, null], program.output);
    assert.deepEqual(spanNames(receiver), ['work'], program.output);
    assert.doesNotMatch(program.stderr, /not exported|unreachable/);
  });
}

test('process.exit() names the error of the connection', { timeout }, async (t) => {
  await using program = await sourceProgram(
    t,
    { 'app.mjs': `${startTraces} process.exit(0);` },
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.match(program.stderr, /connect ECONNREFUSED 127\.0\.0\.1:1/);
  assert.match(program.stderr, /not exported: 1 span/);
});

test('a receiver that never answers does not keep the process alive', { timeout }, async (t) => {
  await using receiver = await GrpcReceiver.start(() => undefined);
  const app = `
    import { start, span } from '@sonde/otel';
    start({
      metrics: { exporter: 'none' }, logs: { exporter: 'none', console: false },
      traces: { batch: { scheduledDelayMs: 0 } },
    });
    span('work', () => {});
    // The call is under way.
    const timer = setInterval(() => {}, 1000);
    process.once('SIGUSR2', () => clearInterval(timer));
    console.log('ready');`;
  await using program = await sourceProgram(
    t,
    { 'app.mjs': app },
    {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      // Without the flush, only the limit of the test would end the process.
      OTEL_EXPORTER_OTLP_TIMEOUT: '0',
      SONDE_EXIT_TIMEOUT: '300',
    },
  );
  await program.printed('ready');
  await receiver.received(1);
  program.kill('SIGUSR2');
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.match(program.stderr, /not exported: 1 span/);
});

test('metrics over gRPC have exemplars and the default aggregation of histograms', { timeout }, async (t) => {
  await using receiver = await GrpcReceiver.start();
  const app = `
    import { start, span, histogram } from '@sonde/otel';
    const sonde = start({ traces: { exporter: 'none' }, logs: { exporter: 'none', console: false }, metrics: { runtime: false } });
    import { trace, context, TraceFlags } from '@opentelemetry/api';
    const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };
    const duration = histogram('duration');
    context.with(trace.setSpanContext(context.active(), parent), () => duration.record(5));
    await sonde.shutdown();`;
  await using program = await sourceProgram(
    t,
    { 'app.mjs': app },
    {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: `dns:///localhost:${receiver.port}`,
      OTEL_EXPORTER_OTLP_INSECURE: 'true',
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'base2_exponential_bucket_histogram',
    },
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.match(program.stderr, new RegExp(`metrics→otlp dns:///localhost:${receiver.port} ·`));
  const [call] = receiver.arrived;
  assert.ok(call !== undefined, program.output);
  const { resourceMetrics: groups } = decoders.metrics.decode(call.body) as {
    resourceMetrics: {
      scopeMetrics: {
        metrics: {
          name: string;
          exponentialHistogram?: { dataPoints: { exemplars: { traceId: Uint8Array }[] }[] };
        }[];
      }[];
    }[];
  };
  const metrics = groups.flatMap(({ scopeMetrics }) => scopeMetrics).flatMap((each) => each.metrics);
  const point = metrics.find(({ name }) => name === 'duration')?.exponentialHistogram?.dataPoints[0];
  assert.equal(Buffer.from(point?.exemplars[0]?.traceId ?? []).toString('hex'), 'a'.repeat(32));
});

test('a real Collector receives the three signals over gRPC', { timeout: 600_000 }, async (t) => {
  const go = await findProgram('go');
  if (go === undefined) return needs(t, 'Go, to build the Collector');
  const binary = await buildCollector(go);
  await using sink = await OtlpSink.start();
  const places = await collectorPlaces(sink.url);
  t.after(() => rm(places.storage, { recursive: true, force: true }));
  const endpoint = `${places.host}:${places.otlpPort}`;
  await using collector = await startCollector(binary, places, {
    adapt: (config) => {
      config.receivers.otlp.protocols = { grpc: { endpoint } };
    },
  });
  const app = `
    import { start, span, counter, getLogger } from '@sonde/otel';
    const sonde = start({ logs: { console: false }, metrics: { runtime: false } });
    for (let index = 0; index < 300; index++) {
      span('work ' + index, () => getLogger('app').info('worked ' + index));
      counter('done').add(1);
    }
    process.exit(0);`;
  await using program = await sourceProgram(
    t,
    { 'app.mjs': app },
    {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${endpoint}`,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    },
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.doesNotMatch(program.stderr, /not exported/);
  const names = (received: OtlpSink['spans']): number => new Set(received.map(({ name }) => name)).size;
  await sink.until(({ spans, logs }) => (names(spans) === 300 && names(logs) === 300) || undefined, t.signal);
  await sink.until(({ metrics }) => metrics.some(({ name }) => name === 'done') || undefined, t.signal);
  assert.doesNotMatch(collector.output, /\terror\t/);
});
