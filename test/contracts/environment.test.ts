import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { packageFlags, Program } from '../support/program.ts';

// The same environment through NodeSDK and through Sonde: what arrives is the same.

const work = `
  import { logs, metrics, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
  const span = trace.getTracer('app').startSpan('work', { attributes: { a: 'abcdef', b: 'abcdef', c: 'abcdef' } });
  const carrier = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier);
  span.setAttribute('fields', Object.keys(carrier).sort());
  span.end();
  logs.getLogger('app').emit({ body: 'worked', attributes: { a: 'abcdef', b: 1 } });
  metrics.getMeter('app').createCounter('app.count').add(1);`;

const nodeSdk = `
  import { NodeSDK } from '@opentelemetry/sdk-node';
  const sdk = new NodeSDK();
  sdk.start();
  process.once('beforeExit', () => sdk.shutdown());`;
const sonde = `
  import { start } from '@sonde/otel';
  start();`;

/** The telemetry that an environment results in, as the sink receives it. */
async function effect(t: TestContext, setUp: string, env: Record<string, string>): Promise<unknown> {
  await using sink = await OtlpSink.start();
  const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'instrument.mjs'), setUp);
  await writeFile(join(folder, 'app.mjs'), work);
  const variables = Object.entries(env).map(([name, value]) => [name, value.replace('SINK', sink.url)]);
  await using program = new Program(
    process.execPath,
    [...packageFlags, '--import', './instrument.mjs', 'app.mjs'],
    { cwd: folder, env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...Object.fromEntries(variables) } },
  );
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  const requests = sink.requests.map(({ path, headers }) =>
    [path, headers['content-type'], headers['content-encoding'], headers['x-tenant']].join(' '),
  );
  const shown = { 'service.name': '', 'deployment.environment.name': '' };
  const resource = (received: { resource: Readonly<Record<string, unknown>> } | undefined): unknown[] =>
    Object.keys(shown).map((key) => received?.resource[key]);
  return {
    requests: [...new Set(requests)].toSorted(),
    spans: sink.spans.map(({ name, attributes, raw }) => [
      name,
      attributes,
      raw['droppedAttributesCount'] ?? 0,
    ]),
    logs: sink.logs.map(({ name, attributes }) => [name, attributes]),
    metrics: sink.metrics.filter(({ scope }) => scope === 'app').map(({ name }) => name),
    resource: resource(sink.spans[0] ?? sink.logs[0]),
  };
}

const named = { OTEL_SERVICE_NAME: 'app' };
const environments: Record<string, Record<string, string>> = {
  'a name and attributes': {
    OTEL_SERVICE_NAME: 'shop',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=loses',
  },
  'a sampler': { ...named, OTEL_TRACES_SAMPLER: 'always_off' },
  'a sampler by ratio': {
    ...named,
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '1',
  },
  'one signal alone': { ...named, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' },
  'another protocol, headers and compression': {
    ...named,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a%20b',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
  },
  'a protocol and an endpoint of one signal': {
    ...named,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'SINK/custom',
  },
  'limits of spans': {
    ...named,
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '2',
    OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3',
  },
  'limits of log records': { ...named, OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '3' },
  propagators: { ...named, OTEL_PROPAGATORS: 'b3multi' },
  'nothing at all': { OTEL_SDK_DISABLED: 'true' },
};

suite('an environment has the same effect on both SDKs', { concurrency: 2 }, () => {
  for (const [name, env] of Object.entries(environments)) {
    test(name, { timeout: 30_000 }, async (t) => {
      const expected = await effect(t, nodeSdk, env);
      assert.equal(
        JSON.stringify(expected).includes('/v1/'),
        !('OTEL_SDK_DISABLED' in env),
        'something arrived',
      );
      assert.deepEqual(await effect(t, sonde, env), expected);
    });
  }
});
