import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolve } from './resolve.ts';
import { settings } from './settings/settings.ts';
import { listSettings } from './setting.ts';

test('an option takes precedence over its variable, a variable over the default', () => {
  const environment = { OTEL_EXPORTER_PROMETHEUS_PORT: '9000' };
  assert.equal(resolve({}, {}).config.metrics.prometheus.port, 9464);
  assert.equal(resolve({}, environment).config.metrics.prometheus.port, 9000);
  assert.equal(
    resolve({ metrics: { prometheus: { port: 0 } } }, environment).config.metrics.prometheus.port,
    0,
  );
});

test('treats an empty variable as unset', () => {
  const { config, faults } = resolve({}, { OTEL_TRACES_EXPORTER: '', SONDE_LOG_LEVEL: '  ' });
  assert.equal(config.traces.exporter, 'otlp');
  assert.equal(config.logs.level, 'info');
  assert.deepEqual(faults, []);
});

test('ignores an invalid variable and reports it', () => {
  const { config, faults } = resolve({}, { OTEL_BSP_MAX_QUEUE_SIZE: 'many', OTEL_TRACES_EXPORTER: 'zipkin' });
  assert.equal(config.traces.batch.maxQueueSize, 32_768);
  assert.equal(config.traces.exporter, 'otlp');
  assert.deepEqual(faults, [
    {
      variable: 'OTEL_TRACES_EXPORTER',
      message:
        'ignoring invalid OTEL_TRACES_EXPORTER="zipkin": expected "otlp", "console", "none", a list of them, or an exporter object',
    },
    {
      variable: 'OTEL_BSP_MAX_QUEUE_SIZE',
      message: 'ignoring invalid OTEL_BSP_MAX_QUEUE_SIZE="many": expected an integer from 1 to 1000000',
    },
  ]);
});

test('the variable of one signal takes precedence over the general one', () => {
  const environment = {
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
  };
  const { config } = resolve({}, environment);
  assert.equal(config.traces.protocol, 'grpc');
  assert.equal(config.logs.protocol, 'http/json');
});

test('parses lists and booleans in the notation of the specification', () => {
  const { config } = resolve({}, { OTEL_METRICS_EXPORTER: 'prometheus, otlp', OTEL_SDK_DISABLED: 'TRUE' });
  assert.deepEqual(config.metrics.exporter, ['prometheus', 'otlp']);
  assert.equal(config.disabled, true);
});

test('every default is valid as an option', () => {
  for (const [path, setting] of listSettings(settings)) {
    if (setting.defaultValue !== undefined) assert.ok(setting.accepts(setting.defaultValue), path);
  }
});

const keepRules = (text: string): unknown =>
  resolve({}, { SONDE_TRACES_KEEP: text }).config.traces.sampling.keep;

test('keep rules are an option or a comma-separated variable', () => {
  assert.deepEqual(keepRules('error, 500ms'), ['error', { slowerThanMs: 500 }]);
  for (const text of ['errors', '500', 'ms', '-1ms', 'error,,', 'error,1e99ms']) {
    assert.equal(keepRules(text), undefined, text);
  }
  const keep = [{ slowerThanMs: 0.5 }, 'error'] as const;
  assert.deepEqual(resolve({ traces: { sampling: { keep } } }, {}).config.traces.sampling.keep, keep);
  for (const wrong of [
    ['slow'],
    [{ slowerThanMs: '1' }],
    [{}],
    'error',
    [{ slowerThanMs: 1, error: true }],
  ]) {
    const sampling = { keep: wrong as never };
    assert.throws(() => resolve({ traces: { sampling } }, {}), /traces\.sampling\.keep: /);
  }
});

test('parses allowed hosts from a comma-separated variable, and rejects a list with an invalid host', () => {
  const hostsIn = (hosts: string): ReturnType<typeof resolve> =>
    resolve({}, { SONDE_PROMETHEUS_ALLOWED_HOSTS: hosts });
  assert.deepEqual(hostsIn('a.example.com, *.example.org').config.metrics.prometheus.allowedHosts, [
    'a.example.com',
    '*.example.org',
  ]);
  const { config, faults } = hostsIn('a.example.com:9464');
  assert.deepEqual(config.metrics.prometheus.allowedHosts, []);
  assert.equal(faults.length, 1);
});
