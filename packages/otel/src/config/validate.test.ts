import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SondeConfigError, type SondeOptions, start } from '../index.ts';

function faultsOf(options: unknown): Record<string, string> {
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

test('an unknown option is named with the nearest known one', () => {
  assert.deepEqual(faultsOf({ serviceNmae: 'x' }), {
    serviceNmae: 'unknown option; did you mean serviceName?',
  });
  assert.deepEqual(faultsOf({ metrics: { promethues: {} } }), {
    'metrics.promethues': 'unknown option; did you mean metrics.prometheus?',
  });
});

test('an option that resembles none is answered with all that are allowed there', () => {
  assert.deepEqual(faultsOf({ exit: { xyzzyplugh: 1 } }), {
    'exit.xyzzyplugh': 'unknown option; allowed are timeoutMs',
  });
});

test('all faults are told at once: the option, the value and what is allowed', () => {
  assert.deepEqual(
    faultsOf({
      serviceName: '',
      traces: { sampling: { ratio: 1.5 }, exporter: 'oltp' },
      logs: { level: 'loud', console: 5 },
      metrics: { prometheus: { port: 65_536, host: null } },
      instrumentations: [{}],
      exit: 7,
    }),
    {
      serviceName: '"" is not allowed; allowed is a non-empty string',
      'traces.sampling.ratio': '1.5 is not allowed; allowed is a number from 0 to 1',
      'traces.exporter':
        '"oltp" is not allowed; allowed is "otlp", "console", "none", a list of them, or an exporter object',
      'logs.level':
        '"loud" is not allowed; allowed is "trace", "debug", "info", "warn", "error", "fatal", "warning", "critical", "off"',
      'logs.console':
        '5 is not allowed; allowed is false, "pretty", "json", "logfmt" or a format with %(field)s',
      'metrics.prometheus.port': '65536 is not allowed; allowed is an integer from 0 to 65535',
      'metrics.prometheus.host': 'null is not allowed; allowed is a non-empty string',
      instrumentations: 'an array of 1 is not allowed; allowed is an array of instrumentations',
      exit: '7 is not an object of options',
    },
  );
});

test('what is not an object at all is refused too', () => {
  assert.deepEqual(faultsOf('hello'), { options: '"hello" is not an object of options' });
  assert.deepEqual(faultsOf([]), { options: 'an array of 0 is not an object of options' });
});

test('names that every object has are not options', () => {
  assert.deepEqual(Object.keys(faultsOf(JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3}'))), [
    '__proto__',
    'constructor',
    'toString',
  ]);
});
