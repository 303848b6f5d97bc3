import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type ResourceMetrics,
  DataPointType,
} from '@opentelemetry/sdk-metrics';
import { diag, ValueType } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OtlpReceiver } from '@sonde/test-support/otlp-receiver';
import { OtlpLogExporter } from '../log-exporter.ts';
import { OtlpTraceExporter } from '../trace-exporter.ts';
import type { OtlpRequest } from './otlp-request.ts';
import { OtlpMetricExporter, type OtlpMetricOptions } from '../metric-exporter.ts';

const metrics: ResourceMetrics = {
  resource: emptyResource(),
  scopeMetrics: [
    {
      scope: { name: 'test' },
      metrics: [
        {
          descriptor: { name: 'm', description: '', unit: '', valueType: ValueType.DOUBLE },
          aggregationTemporality: AggregationTemporality.CUMULATIVE,
          dataPointType: DataPointType.GAUGE,
          dataPoints: [{ value: 1, attributes: {}, startTime: [1, 0], endTime: [2, 0] }],
        },
      ],
    },
  ],
};

/** Creates an exporter in an environment. Returns it and its notices. */
function inEnvironment(
  env: Readonly<Record<string, string>>,
  options: OtlpMetricOptions = {},
): { exporter: OtlpMetricExporter; request: OtlpRequest; messages: string[] } {
  const messages: string[] = [];
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const exporter = new OtlpMetricExporter({
      ...options,
      onNotice: ({ message }) => messages.push(message),
    });
    const [request] = exporter.requests(metrics);
    assert.ok(request !== undefined);
    return { exporter, request, messages };
  } finally {
    process.env = before;
  }
}

const prefix = 'OTEL_EXPORTER_OTLP';

test('the URL: option, variable of the signal, variable of all signals, default', () => {
  const url = (env: Record<string, string>, options?: OtlpMetricOptions): string =>
    inEnvironment(env, options).request.url;
  const all = { [`${prefix}_ENDPOINT`]: 'http://all:1/base' };
  const own = { ...all, [`${prefix}_METRICS_ENDPOINT`]: 'http://own:2/as/it/is' };
  assert.equal(url({}), 'http://localhost:4318/v1/metrics');
  assert.equal(url(all), 'http://all:1/base/v1/metrics');
  assert.equal(url({ [`${prefix}_ENDPOINT`]: ' http://all:1/?a=b ' }), 'http://all:1/v1/metrics?a=b');
  assert.equal(url({ [`${prefix}_ENDPOINT`]: 'collector:4318' }), 'http://collector:4318/v1/metrics');
  assert.equal(url(own), 'http://own:2/as/it/is');
  assert.equal(url(own, { url: 'https://option/' }), 'https://option/');
});

test('headers are merged: variable of all signals, of the signal, option', () => {
  const env = {
    [`${prefix}_HEADERS`]: 'a=1,b=1,C=1,x=a%20b',
    [`${prefix}_METRICS_HEADERS`]: 'b=2,c=2',
  };
  const { headers } = inEnvironment(env, { headers: { C: '3', 'User-Agent': 'mine' } }).request;
  assert.deepEqual(headers, {
    'user-agent': 'mine',
    a: '1',
    b: '2',
    c: '3',
    x: 'a b',
    'content-type': 'application/x-protobuf',
  });
});

test('invalid headers are reported together, by their keys and without values', () => {
  const { request, messages } = inEnvironment({
    [`${prefix}_HEADERS`]: 'x y=secret1,ok=a=b, secret2,x-key=%E0%A4%A,=secret3,,empty=',
  });
  assert.deepEqual(messages, [
    `ignoring invalid members 'x y', 3, 'x-key', 5 of ${prefix}_HEADERS: expected key=value with a percent-encoded value`,
  ]);
  const { 'user-agent': _agent, 'content-type': _type, ...headers } = request.headers;
  assert.deepEqual(headers, { ok: 'a=b', empty: '' });
});

test('a variable is reported once for all exporters without a listener', (t: TestContext) => {
  const warnings: string[] = [];
  const none = (): void => {};
  diag.setLogger({
    error: none,
    warn: (text) => warnings.push(text),
    info: none,
    debug: none,
    verbose: none,
  });
  const name = `${prefix}_HEADERS`;
  process.env[name] = 'without a key';
  t.after(() => {
    diag.disable();
    delete process.env[name];
  });
  const exporters = [new OtlpTraceExporter(), new OtlpMetricExporter(), new OtlpLogExporter()];
  assert.equal(exporters.length, 3);
  assert.deepEqual(warnings, [
    `ignoring invalid member 1 of ${name}: expected key=value with a percent-encoded value (SONDE_ENVIRONMENT_INVALID)`,
  ]);
});

test('a timeout of 0 means no limit', async (t: TestContext) => {
  const receiver = await OtlpReceiver.start((response, count) => {
    // The response arrives after 1 ms, the delay that a Node.js timer uses for `Infinity`.
    if (count === 1) setTimeout(() => response.end(), 50);
  });
  t.after(() => receiver[Symbol.asyncDispose]());
  const { exporter, messages } = inEnvironment({
    [`${prefix}_TIMEOUT`]: '0',
    [`${prefix}_ENDPOINT`]: receiver.url,
  });
  const { promise, resolve } = Promise.withResolvers<ExportResult>();
  exporter.export(metrics, resolve);
  assert.equal((await promise).code, ExportResultCode.SUCCESS);
  assert.deepEqual(messages, []);
  await exporter.shutdown();
});

test('certificates are read from the files in the variables', (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-otlp-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string): string => {
    writeFileSync(join(folder, name), name);
    return join(folder, name);
  };
  const env = {
    [`${prefix}_CERTIFICATE`]: file('ca of all'),
    [`${prefix}_METRICS_CERTIFICATE`]: file('ca'),
    [`${prefix}_CLIENT_CERTIFICATE`]: file('cert'),
    [`${prefix}_CLIENT_KEY`]: file('key'),
  };
  assert.deepEqual(inEnvironment(env).request.tls, { ca: 'ca', cert: 'cert', key: 'key' });
});

test('an invalid variable is reported and ignored', () => {
  const { request, messages } = inEnvironment({
    [`${prefix}_METRICS_ENDPOINT`]: 'ftp://own',
    [`${prefix}_ENDPOINT`]: 'http://all',
    [`${prefix}_TIMEOUT`]: 'soon',
    [`${prefix}_METRICS_COMPRESSION`]: 'zip',
    [`${prefix}_CLIENT_KEY`]: '/no/such/file',
    [`${prefix}_METRICS_TEMPORALITY_PREFERENCE`]: 'both',
  });
  assert.equal(request.url, 'http://all/v1/metrics');
  assert.deepEqual(request.tls, {});
  assert.deepEqual(
    messages.map((message) => /^ignoring invalid (\w+)='/.exec(message)?.[1]),
    [
      `${prefix}_METRICS_ENDPOINT`,
      `${prefix}_TIMEOUT`,
      `${prefix}_METRICS_COMPRESSION`,
      `${prefix}_CLIENT_KEY`,
      `${prefix}_METRICS_TEMPORALITY_PREFERENCE`,
    ],
  );
});

test('temporality and aggregation follow the preferences', () => {
  const temporalities = (preference: string): string => {
    const { exporter } = inEnvironment({ [`${prefix}_METRICS_TEMPORALITY_PREFERENCE`]: preference });
    return Object.values(InstrumentType)
      .filter((type) => exporter.selectAggregationTemporality(type) === AggregationTemporality.DELTA)
      .toSorted()
      .join();
  };
  assert.equal(temporalities(''), '');
  assert.equal(temporalities('cumulative'), '');
  assert.equal(temporalities('Delta'), 'COUNTER,GAUGE,HISTOGRAM,OBSERVABLE_COUNTER,OBSERVABLE_GAUGE');
  assert.equal(temporalities('lowmemory'), 'COUNTER,HISTOGRAM');
  const { exporter } = inEnvironment({
    [`${prefix}_METRICS_DEFAULT_HISTOGRAM_AGGREGATION`]: 'base2_exponential_bucket_histogram',
  });
  const { type } = exporter.selectAggregation(InstrumentType.HISTOGRAM);
  assert.equal(type, AggregationType.EXPONENTIAL_HISTOGRAM);
  assert.equal(exporter.selectAggregation(InstrumentType.COUNTER).type, AggregationType.DEFAULT);
});
