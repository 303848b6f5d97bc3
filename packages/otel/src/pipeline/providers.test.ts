import assert from 'node:assert/strict';
import { test } from 'node:test';
import { context, diag, logs, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import { InMemoryLogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import type { EngineName } from '../options.ts';
import { registerProviders } from './providers.ts';

const resource = emptyResource();
const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`key.${index}`, 'x'.repeat(300)]));

/** Registers providers and uses them. Returns the observed result, which depends only on the configuration. */
function observe(
  register: (spans: InMemorySpanExporter, records: InMemoryLogRecordExporter) => void,
): unknown {
  const spans = new InMemorySpanExporter();
  const records = new InMemoryLogRecordExporter();
  register(spans, records);
  const links = Array.from({ length: 200 }, (_, index) => ({
    context: {
      traceId: `${'0'.repeat(29)}${100 + index}`,
      spanId: `${'0'.repeat(13)}${100 + index}`,
      traceFlags: 1,
    },
    attributes: many,
  }));
  const headers = {};
  trace.getTracer('test').startActiveSpan('work', { attributes: many, links }, (span) => {
    for (let index = 0; index < 200; index++) span.addEvent('event', many);
    logs.getLogger('test').emit({ body: 'line', attributes: many });
    propagation.inject(context.active(), headers);
    span.end();
  });
  const remote = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0, isRemote: true };
  trace.getTracer('test').startSpan('child', {}, trace.setSpanContext(ROOT_CONTEXT, remote)).end();
  const size = (attributes: object): unknown => [
    Object.keys(attributes).length,
    String(Object.values(attributes)[0] ?? '').length,
  ];
  const seen = {
    headers: Object.keys(headers).toSorted(),
    fields: propagation.fields().toSorted(),
    spans: spans.getFinishedSpans().map(({ name, attributes, events, links: kept }) => ({
      name,
      attributes: size(attributes),
      events: [events.length, size(events[0]?.attributes ?? {})],
      links: [kept.length, size(kept[0]?.attributes ?? {})],
    })),
    records: records.getFinishedLogRecords().map(({ attributes }) => size(attributes)),
  };
  for (const api of [context, propagation, trace, logs, diag]) api.disable();
  return seen;
}

const own = (engine: EngineName): unknown =>
  observe((spans, records) =>
    registerProviders({
      engine,
      resource,
      instrumentations: [],
      spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
      logRecordProcessors: [new SimpleLogRecordProcessor({ exporter: records })],
      sampler: undefined,
      propagators: undefined,
    }),
  );

const upstream = (): unknown =>
  observe((spans, records) =>
    new NodeSDK({
      autoDetectResources: false,
      resource,
      metricReaders: [],
      spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
      logRecordProcessors: [new SimpleLogRecordProcessor({ exporter: records })],
    }).start(),
  );

const environments: readonly Readonly<Record<string, string>>[] = [
  {},
  ...['always_on', 'always_off', 'parentbased_always_on', 'parentbased_always_off', 'nonsense'].map(
    (name) => ({
      OTEL_TRACES_SAMPLER: name,
    }),
  ),
  ...['0', '1', '', '7', 'nonsense'].flatMap((ratio) =>
    ['traceidratio', 'parentbased_traceidratio'].map((name) => ({
      OTEL_TRACES_SAMPLER: name,
      OTEL_TRACES_SAMPLER_ARG: ratio,
    })),
  ),
  ...['tracecontext', 'baggage', 'b3', 'b3multi', 'none', 'b3,none', 'tracecontext, b3', ''].map((names) => ({
    OTEL_PROPAGATORS: names,
  })),
  { OTEL_ATTRIBUTE_COUNT_LIMIT: '5', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '7' },
  {
    OTEL_ATTRIBUTE_COUNT_LIMIT: '5',
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '3',
    OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: '4',
    OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '9',
    OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '11',
  },
  {
    OTEL_SPAN_EVENT_COUNT_LIMIT: '2',
    OTEL_SPAN_LINK_COUNT_LIMIT: '3',
    OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: '4',
    OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: '5',
  },
];

const cases = environments.flatMap((environment) =>
  (['standard', 'lean'] as const).map((engine) => ({ engine, environment })),
);
for (const { engine, environment } of cases) {
  test(`${engine} providers are those of NodeSDK with ${JSON.stringify(environment)}`, (t) => {
    const saved = { ...process.env };
    t.after(() => (process.env = saved));
    Object.assign(process.env, environment);
    const seen = own(engine);
    assert.deepEqual(seen, upstream());
    assert.ok((seen as { records: unknown[] }).records.length === 1);
  });
}
