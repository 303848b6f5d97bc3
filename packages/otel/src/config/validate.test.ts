import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SondeConfigError, type SondeOptions, start } from '../index.ts';

function listFaults(options: unknown): Record<string, string> {
  try {
    start(options as SondeOptions);
  } catch (error) {
    assert.ok(error instanceof SondeConfigError, String(error));
    assert.equal(error.code, 'SONDE_CONFIG');
    for (const { option, problem } of error.faults)
      assert.ok(error.message.includes(`${option}: ${problem}`));
    return Object.fromEntries(error.faults.map(({ option, problem }) => [option, problem]));
  }
  return assert.fail('start() accepted the options');
}

test('suggests the nearest name for an unknown option', () => {
  assert.deepEqual(listFaults({ serviceNmae: 'x' }), {
    serviceNmae: 'unknown option; did you mean serviceName?',
  });
  assert.deepEqual(listFaults({ metrics: { promethues: {} } }), {
    'metrics.promethues': 'unknown option; did you mean metrics.prometheus?',
  });
});

test('lists the known options when none is near', () => {
  assert.deepEqual(listFaults({ exit: { xyzzyplugh: 1 } }), {
    'exit.xyzzyplugh': 'unknown option; expected one of timeoutMs',
  });
});

test('reports all faults at once with option, expected value and value', () => {
  assert.deepEqual(
    listFaults({
      serviceName: '',
      traces: { sampling: { ratio: 1.5 }, exporter: 'oltp' },
      logs: { level: 'loud', console: 5 },
      metrics: { prometheus: { port: 65_536, host: null } },
      instrumentations: [{}],
      exit: 7,
    }),
    {
      serviceName: 'expected a non-empty string, got ""',
      'traces.sampling.ratio': 'expected a number from 0 to 1, got 1.5',
      'traces.exporter':
        'expected "otlp", "console", "none", a list of them, or an exporter object, got "oltp"',
      'logs.level':
        'expected one of "trace", "debug", "info", "warn", "error", "fatal", "warning", "critical", "off", got "loud"',
      'logs.console': 'expected false, "pretty", "json", "logfmt" or a format with %(field)s, got 5',
      'metrics.prometheus.port': 'expected an integer from 0 to 65535, got 65536',
      'metrics.prometheus.host': 'expected a non-empty string, got null',
      instrumentations: 'expected an array of instrumentations, got an array of 1',
      exit: 'expected an object of options, got 7',
    },
  );
});

test('rejects options that are not an object', () => {
  assert.deepEqual(listFaults('hello'), { options: 'expected an object of options, got "hello"' });
  assert.deepEqual(listFaults([]), { options: 'expected an object of options, got an array of 0' });
});

test('rejects names of Object.prototype as options', () => {
  assert.deepEqual(Object.keys(listFaults(JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3}'))), [
    '__proto__',
    'constructor',
    'toString',
  ]);
});
