import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { settings } from '../../packages/otel/src/config/settings/settings.ts';
import { listSettings } from '../../packages/otel/src/config/setting.ts';
import { sideBySide } from './support/side-by-side.ts';

// An invalid variable is reported once, its default is used, and the application runs.

const timeout = 120_000;
const app = `
  const { getLogger } = require('@sonde/otel');
  require('node:http');
  if (process.argv.includes('never')) getLogger('app');
  console.log('ran');`;
const quiet = { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };

/** A variable, an invalid value, and other variables that make it effective. */
const invalid: readonly (readonly [string, string, Readonly<Record<string, string>>?])[] = [
  ['SONDE_LOG_CONSOLE', 'prety'],
  ['SONDE_LOG_CONSOLE', 'constructor'],
  ['SONDE_LOG_CONSOLE', '%(message'],
  ['SONDE_LOG_LEVEL', 'loud'],
  ['SONDE_LOG_LEVEL', 'info,app=loud'],
  ['SONDE_LOG_LEVLE', 'debug'],
  ['SONDE_ENGINE', 'fast'],
  ['SONDE_EXIT_TIMEOUT', '2s'],
  ['SONDE_TRACES_KEEP', 'errors'],
  ['SONDE_REDACT', 'no'],
  ['OTEL_SDK_DISABLED', 'no'],
  ['OTEL_LOG_LEVEL', 'loud'],
  ['OTEL_PROPAGATORS', 'xray'],
  ['OTEL_PROPAGATORS', 'tracecontext,jaeger'],
  ['OTEL_TRACES_SAMPLER', 'parentbased_jaeger_remote'],
  ['OTEL_TRACES_SAMPLER', 'constructor'],
  ['OTEL_TRACES_SAMPLER_ARG', 'half', { OTEL_TRACES_SAMPLER: 'traceidratio' }],
  ['OTEL_TRACES_EXPORTER', 'zipkin'],
  ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'many'],
  ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', '-1'],
  ['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', '1.5'],
  ['OTEL_BSP_SCHEDULE_DELAY', '5s'],
  ['OTEL_METRIC_EXPORT_INTERVAL', '0'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'key'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'a=1,b=%zz'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'ftp://collector'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'secret'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'x y=secret'],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'x-key=%E0%A4%A'],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon'],
  ['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', 'soon'],
  ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zip'],
  ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere/ca.pem'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'thrift'],
  ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', 'gamma'],
  ['OTEL_EXPORTER_PROMETHEUS_PORT', '70000', { OTEL_METRICS_EXPORTER: 'prometheus' }],
  ['OTEL_EXPORTER_OTLP_HEADERS', 'x y=secret', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
  ['OTEL_EXPORTER_OTLP_TIMEOUT', 'soon', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://[', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
];

suite('one invalid variable', { concurrency: 2 }, () => {
  for (const [name, value, more = {}] of invalid) {
    const others = Object.entries(more).map(([key, text]) => `, ${key}=${text}`);
    test(`${name}=${value}${others.join('')} is reported once`, { timeout }, async (t) => {
      // A port without a listener, so that exports fail immediately.
      const closed = {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
        OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      };
      const { bare, sonde } = await sideBySide(t, {
        files: { 'app.cjs': app },
        sondeEnv: { ...closed, ...more, [name]: value },
      });
      assert.deepEqual(sonde.ending, bare.ending, sonde.stderr);
      assert.equal(sonde.stdout, bare.stdout);
      const notices = sonde.stderr
        .split('\n')
        .filter((line) => line.startsWith('sonde: ') && line.includes(name));
      assert.equal(notices.length, 1, sonde.stderr);
      assert.ok(!sonde.stderr.includes('secret'), sonde.stderr);
    });
  }
});

const enumerations: readonly (readonly [string, string, string])[] = [
  ['OTEL_TRACES_SAMPLER', 'ALWAYS_OFF', '00'],
  ['OTEL_TRACES_SAMPLER', 'ParentBased_Always_On', '01'],
  ['OTEL_PROPAGATORS', 'TraceContext', '01'],
  ['OTEL_PROPAGATORS', 'xray', '01'],
];
for (const [name, value, flags] of enumerations) {
  test(`${name}=${value} has its effect or the default`, { timeout }, async (t) => {
    const { sonde } = await sideBySide(t, {
      files: {
        'app.cjs': `
          const { context, propagation, ROOT_CONTEXT, trace } = require('@opentelemetry/api');
          const carrier = {};
          const span = trace.getTracer('app').startSpan('work', {}, ROOT_CONTEXT);
          propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier);
          console.log(carrier.traceparent?.slice(-2));`,
      },
      sondeEnv: { ...quiet, OTEL_TRACES_EXPORTER: 'Console', [name]: value },
    });
    assert.equal(sonde.stdout, `${flags}\n`, sonde.stderr);
  });
}

const known = [
  ...listSettings(settings).flatMap(([, { env }]) => env),
  ...[
    'LOG_LEVEL',
    'PROPAGATORS',
    'TRACES_SAMPLER',
    'TRACES_SAMPLER_ARG',
    'RESOURCE_ATTRIBUTES',
    'SERVICE_NAME',
  ].map((name) => `OTEL_${name}`),
  ...['ENDPOINT', 'HEADERS', 'TIMEOUT', 'COMPRESSION', 'CERTIFICATE', 'CLIENT_KEY'].map(
    (name) => `OTEL_EXPORTER_OTLP_${name}`,
  ),
  ...['SPAN', 'LOGRECORD'].map((name) => `OTEL_${name}_ATTRIBUTE_COUNT_LIMIT`),
  // An unreadable file prevents the start, which a separate row tests.
].filter((name) => name !== 'OTEL_CONFIG_FILE' && name !== 'OTEL_SDK_DISABLED');

suite('garbage in every variable at once', { concurrency: 2 }, () => {
  for (const garbage of [
    'prety',
    '-1',
    '%',
    '=,=',
    '1e999',
    '__proto__',
    'toString',
    '\u{1F4A5}',
    ' , ',
    '"',
  ]) {
    test(`${JSON.stringify(garbage)} in ${known.length} variables`, { timeout }, async (t) => {
      const { bare, sonde } = await sideBySide(t, {
        files: { 'app.cjs': app },
        sondeEnv: Object.fromEntries(known.map((name) => [name, garbage])),
      });
      assert.deepEqual(sonde.ending, bare.ending, sonde.stderr);
      assert.equal(sonde.stdout, bare.stdout);
      const lines = sonde.stderr.split('\n').filter((line) => line.startsWith('sonde: '));
      assert.equal(new Set(lines).size, lines.length, sonde.stderr);
    });
  }
});

for (const file of ['missing.yaml', '.', 'broken.yaml']) {
  test(`OTEL_CONFIG_FILE=${file} does not end the application`, { timeout }, async (t) => {
    const { bare, sonde } = await sideBySide(t, {
      files: { 'app.cjs': app, 'broken.yaml': 'file_format: "1.0"\n  a: [' },
      sondeEnv: { OTEL_CONFIG_FILE: file },
    });
    assert.deepEqual(sonde.ending, bare.ending, sonde.stderr);
    assert.equal(sonde.stdout, bare.stdout);
  });
}

test('start() throws one error with all invalid options', { timeout }, async (t) => {
  const { sonde } = await sideBySide(t, {
    files: {
      'app.cjs': `
        const { start } = require('@sonde/otel');
        try {
          start({ logs: { console: 'prety' }, traces: { exporter: 'oltp' } });
        } catch (error) {
          console.log(error.code, error.message.includes('logs.console'), error.message.includes('traces.exporter'));
        }`,
    },
  });
  assert.equal(sonde.stdout, 'SONDE_CONFIG true true\n');
});
