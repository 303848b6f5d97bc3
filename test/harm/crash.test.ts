import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sideBySide } from './support/side-by-side.ts';

const member = (name: string): string =>
  `Object.defineProperty(new Error('hidden'), '${name}', { get() { throw new Error('${name} throws'); } })`;

/** Values that a program may throw; each is an expression. */
const hostile: Readonly<Record<string, string>> = {
  undefined: 'undefined',
  null: 'null',
  'a symbol': `Symbol('thrown')`,
  'an object without prototype': 'Object.create(null)',
  'an object whose conversion throws': `{ toString() { throw new Error('no text'); } }`,
  'a revoked proxy':
    '(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()',
  'a proxy that refuses everything': `new Proxy({}, new Proxy({}, { get() { return () => { throw new Error('refused'); }; } }))`,
  'an error whose stack throws': member('stack'),
  'an error whose message throws': member('message'),
  'an error whose cause throws': member('cause'),
  'an error whose name throws': member('name'),
  'an error whose constructor throws': member('constructor'),
  'an error without constructor': `Object.assign(new Error('plain'), { constructor: undefined })`,
  'an error without prototype': `Object.setPrototypeOf(new Error('plain'), null)`,
  'an error whose stack is no text': `Object.assign(new Error('plain'), { stack: Symbol('stack') })`,
  'an error whose message is no text': `Object.assign(new Error('plain'), { message: Object.create(null) })`,
  'an error whose cause cannot be inspected': `new Error('outer', { cause: { [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('inspect throws'); } } })`,
  'an error that is its own cause': `(() => { const error = new Error('ring'); error.cause = error; return error; })()`,
  'an error whose class has no name': `new (class extends Error { static get name() { throw new Error('class name throws'); } })('plain')`,
  'a proxy of an error': `new Proxy(new Error('target'), { getPrototypeOf() { throw new Error('prototype throws'); } })`,
};

const ways: Readonly<Record<string, (value: string) => string>> = {
  thrown: (value) => `throw ${value};`,
  rejected: (value) => `Promise.reject(${value});`,
};

/** Output of Node.js without internal frames, which vary, and without lines of Sonde. */
const applicationText = (stderr: string): string =>
  stderr.replaceAll(/^sonde .*\n/gm, '').replaceAll(/^ {4}at .*\(node:internal[^)]*\)\n?/gm, '');

for (const [name, value] of Object.entries(hostile)) {
  for (const [way, program] of Object.entries(ways)) {
    test(`${name} that is ${way} ends the program as without Sonde, and is recorded`, async (t) => {
      await using sink = await OtlpSink.start();
      const { bare, sonde } = await sideBySide(t, {
        files: { 'app.cjs': `setImmediate(() => {\n${program(value)}\n});` },
        sondeEnv: {
          OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
          OTEL_TRACES_EXPORTER: 'none',
          OTEL_METRICS_EXPORTER: 'none',
          SONDE_LOG_CONSOLE: 'false',
        },
      });
      assert.deepEqual(sonde.ending, bare.ending, sonde.stderr);
      assert.equal(applicationText(sonde.stderr), applicationText(bare.stderr));
      const crash = sink.logs.find(({ raw }) => raw['severityText'] === 'FATAL');
      assert.equal(typeof crash?.attributes['exception.message'], 'string');
    });
  }
}

test('an exception that a capture callback handles is not recorded as a crash', async (t) => {
  await using sink = await OtlpSink.start();
  const { bare, sonde } = await sideBySide(t, {
    files: {
      'app.cjs': `
        process.setUncaughtExceptionCaptureCallback((error) => console.log('taken', error.message));
        setImmediate(() => { throw new Error('handled'); });`,
    },
    sondeEnv: {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      SONDE_LOG_CONSOLE: 'false',
    },
  });
  assert.deepEqual(sonde.ending, bare.ending, sonde.stderr);
  assert.equal(sonde.stdout, bare.stdout);
  assert.deepEqual(sink.logs, []);
});

for (const capture of [`true`, `'replace'`]) {
  test(`500 random hostile values with captureConsole ${capture}: no listener and no call of console throws`, async (t) => {
    const instrument = `require('@sonde/otel').start({ logs: { captureConsole: ${capture} } });`;
    const { bare, sonde } = await sideBySide(t, {
      files: { 'random-thrown.mjs': randomThrown, 'app.mjs': manyValues, 'instrument.cjs': instrument },
      sondeEnv: { ...withoutExporters, NODE_OPTIONS: '--require ./instrument.cjs' },
      timeoutMs: 60_000,
    });
    assert.deepEqual(bare.ending, { code: 0, signal: null }, bare.stderr.slice(-2000));
    assert.deepEqual(sonde.ending, bare.ending, sonde.stderr.slice(-2000));
    // Only calls that throw without Sonde may throw with it.
    const thrownWithout = new Set(outcomes(bare));
    assert.deepEqual(
      outcomes(sonde).filter((call) => !thrownWithout.has(call)),
      [],
    );
    assert.match(sonde.stderr, capture === 'true' ? /TypeError: thrown/ : /"logger":"console"/);
  });
}

const withoutExporters = {
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
};

/** Calls that threw, as printed by the program. */
function outcomes({ stdout }: { stdout: string }): string[] {
  return JSON.parse(stdout) as string[];
}

/** Seeded values that combine all kinds of hostile behavior. */
const randomThrown = `
  let seed = 20261130;
  const random = (count) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * count);
  };
  const refuse = () => { throw new Error('refused'); };
  const inspect = Symbol.for('nodejs.util.inspect.custom');
  const values = [
    () => undefined, () => null, () => Symbol('s'), () => 10n, () => NaN, () => '\\ud800\\n\\x1b[2J', () => () => refuse(),
    () => Object.create(null), () => ({ toString: refuse }), () => ({ [Symbol.toPrimitive]: refuse }),
    () => ({ get [Symbol.toStringTag]() { return refuse(); } }), () => ({ [inspect]: () => 'text' }),
    () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; },
    () => new Proxy({}, new Proxy({}, { get: () => refuse })), () => 'x'.repeat(100_000), () => new Date(NaN),
    () => { const ring = []; ring.push(ring); return ring; }, () => new Map([[{}, refuse]]), () => new Uint8Array(1000),
  ];
  const names = ['message', 'stack', 'name', 'cause', 'constructor', 'code', 'errors', 'toString'];
  const value = () => values[random(values.length)]();
  export function randomThrown() {
    if (random(4) === 0) return value();
    const error = random(5) === 0 ? new AggregateError([new Error('a'), value()], 'many') : new TypeError('thrown');
    for (let count = random(4); count > 0; count--) {
      const hidden = random(2) === 0 ? { get: refuse } : { value: random(4) === 0 ? randomThrown() : value() };
      Object.defineProperty(error, names[random(names.length)], { ...hidden, configurable: true });
    }
    if (random(8) === 0) Object.setPrototypeOf(error, random(2) === 0 ? null : Object.create(null));
    return random(8) === 0 ? new Proxy(error, { getPrototypeOf: random(2) === 0 ? refuse : () => Error.prototype }) : error;
  }
`;

const manyValues = `
  import { randomThrown } from './random-thrown.mjs';
  const outcomes = [];
  const attempt = (what, act) => {
    try { act(); } catch { outcomes.push(what); }
  };
  for (let round = 0; round < 500; round++) {
    const thrown = randomThrown();
    attempt('monitor', () => process.emit('uncaughtExceptionMonitor', thrown, round % 2 ? 'uncaughtException' : 'unhandledRejection'));
    attempt('warning', () => {
      const listeners = process.listeners('warning').filter((each) => each.name !== 'onWarning');
      for (const listener of listeners) listener(thrown);
    });
    attempt('console ' + round, () => console.error(thrown));
    attempt('console with text ' + round, () => console.warn('%s and %o', thrown, thrown));
  }
  process.stdout.write(JSON.stringify(outcomes));
`;
