import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolve } from './resolve.ts';
import { settings } from './settings.ts';

test('an option wins over its variable, which wins over the default', () => {
  const path = 'metrics.prometheus.port';
  const environment = { OTEL_EXPORTER_PROMETHEUS_PORT: '9000' };
  assert.equal(resolve({}, {}).config[path], 9464);
  assert.equal(resolve({}, environment).config[path], 9000);
  assert.equal(resolve({ metrics: { prometheus: { port: 0 } } }, environment).config[path], 0);
});

test('an empty variable counts as unset', () => {
  const { config, faults } = resolve({}, { OTEL_TRACES_EXPORTER: '', SONDE_LOG_LEVEL: '  ' });
  assert.equal(config['traces.exporter'], 'otlp');
  assert.equal(config['logs.level'], 'info');
  assert.deepEqual(faults, []);
});

test('a variable that cannot be understood is named and ignored', () => {
  const { config, faults } = resolve({}, { OTEL_BSP_MAX_QUEUE_SIZE: 'many', OTEL_TRACES_EXPORTER: 'zipkin' });
  assert.equal(config['traces.batch.maxQueueSize'], 32_768);
  assert.equal(config['traces.exporter'], 'otlp');
  assert.deepEqual(faults, [
    {
      variable: 'OTEL_TRACES_EXPORTER',
      message:
        'OTEL_TRACES_EXPORTER="zipkin" is ignored; allowed is "otlp", "console", "none", a list of them, or an exporter object',
    },
    {
      variable: 'OTEL_BSP_MAX_QUEUE_SIZE',
      message: 'OTEL_BSP_MAX_QUEUE_SIZE="many" is ignored; allowed is an integer from 1 to 1000000',
    },
  ]);
});

test('the variable of one signal wins over that of all', () => {
  const environment = {
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
  };
  const { config } = resolve({}, environment);
  assert.equal(config['traces.protocol'], 'grpc');
  assert.equal(config['logs.protocol'], 'http/json');
});

test('lists and flags read as the specification writes them', () => {
  const { config } = resolve({}, { OTEL_METRICS_EXPORTER: 'prometheus, otlp', OTEL_SDK_DISABLED: 'TRUE' });
  assert.deepEqual(config['metrics.exporter'], ['prometheus', 'otlp']);
  assert.equal(config.disabled, true);
});

test('every default is a value that the option accepts', () => {
  for (const [path, setting] of Object.entries(settings)) {
    if (setting.defaultValue !== undefined) assert.ok(setting.accepts(setting.defaultValue), path);
  }
});

const keptBy = (text: string): unknown =>
  resolve({}, { SONDE_TRACES_KEEP: text }).config['traces.sampling.keep'];

test('what sampling keeps is an option or a short list', () => {
  assert.deepEqual(keptBy('error, 500ms'), ['error', { slowerThanMs: 500 }]);
  for (const text of ['errors', '500', 'ms', '-1ms', 'error,,', 'error,1e99ms']) {
    assert.equal(keptBy(text), undefined, text);
  }
  const keep = [{ slowerThanMs: 0.5 }, 'error'] as const;
  assert.deepEqual(resolve({ traces: { sampling: { keep } } }, {}).config['traces.sampling.keep'], keep);
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

test('allowed hosts are separated by commas, and a list with something else in it is a fault', () => {
  const path = 'metrics.prometheus.allowedHosts';
  const hostsIn = (hosts: string): ReturnType<typeof resolve> =>
    resolve({}, { SONDE_PROMETHEUS_ALLOWED_HOSTS: hosts });
  assert.deepEqual(hostsIn('a.example.com, *.example.org').config[path], ['a.example.com', '*.example.org']);
  const { config, faults } = hostsIn('a.example.com:9464');
  assert.deepEqual(config[path], []);
  assert.equal(faults.length, 1);
});
