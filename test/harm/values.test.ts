import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { OtlpSink, type Received } from '../support/otlp-sink.ts';
import { type Run, sideBySide } from './support/side-by-side.ts';

interface AnyValue {
  readonly kvlistValue?: { readonly values?: { readonly key: string; readonly value: AnyValue }[] };
  readonly arrayValue?: { readonly values?: AnyValue[] };
  readonly intValue?: { toString(): string };
  readonly bytesValue?: unknown;
}

/** Reads a value of OTLP; integers of 64 bits as text. */
function plainValue(value: AnyValue): unknown {
  if (value.kvlistValue) {
    return Object.fromEntries(
      (value.kvlistValue.values ?? []).map((each) => [each.key, plainValue(each.value)]),
    );
  }
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plainValue);
  if (value.intValue) return { int: value.intValue.toString() };
  return value.bytesValue ? 'bytes' : Object.values(value)[0];
}

function getAttributes(received: Received | undefined): Record<string, unknown> {
  const attributes = (received?.raw['attributes'] ?? []) as { key: string; value: AnyValue }[];
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

interface Sent {
  readonly bare: Run;
  readonly sonde: Run;
  readonly sink: OtlpSink;
}

/** Runs a program side by side, the telemetry of the second run into a sink. */
async function sent(t: TestContext, app: string, env: Record<string, string> = {}): Promise<Sent> {
  const sink = await OtlpSink.start();
  t.after(() => sink[Symbol.asyncDispose]());
  const runs = await sideBySide(t, {
    files: { 'app.mjs': app },
    sondeEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, SONDE_LOG_CONSOLE: 'json', ...env },
    timeoutMs: 60_000,
  });
  await sink.settled();
  assert.equal(runs.sonde.timedOut, false, runs.sonde.stderr);
  assert.deepEqual(runs.sonde.ending, runs.bare.ending, runs.sonde.stderr);
  assert.equal(runs.sonde.stdout, runs.bare.stdout);
  return { ...runs, sink };
}

const consoleRecords = (run: Run): Record<string, unknown>[] =>
  run.stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const timeout = 150_000;

// 64 nested references, whose text would need terabytes.
const shared = `
  let shared = { leaf: 'x' };
  for (let level = 0; level < 64; level++) shared = Array.from({ length: 9 }, () => shared);`;

test('expanding shared references is limited by a budget', { timeout }, async (t) => {
  const app = `import pino from 'pino';
    import { counter, getLogger } from '@sonde/otel';
    import { logs, trace } from '@opentelemetry/api';
    ${shared}
    const log = getLogger('shared');
    for (let i = 0; i < 20; i++) {
      log.info(shared);
      log.info('attribute', { shared });
      log.error('error', Object.assign(new Error('e', { cause: shared }), { shared }));
      logs.getLogger('api').emit({ body: shared, attributes: { shared } });
      counter('shared').add(1, { shared });
      const span = trace.getTracer('shared').startSpan('span', { attributes: { shared } });
      span.setAttribute('more', shared).addEvent('event', { shared }).end();
    }
    // Pino writes all of it.
    let some = { leaf: 'x' };
    for (let level = 0; level < 5; level++) some = Array.from({ length: 8 }, () => some);
    const line = pino({ base: null, timestamp: false });
    for (let i = 0; i < 20; i++) line.info({ some }, 'pino');`;
  const { bare, sonde, sink } = await sent(t, app, { SONDE_LOG_TRACE_IDS: 'false' });
  assert.ok(
    (sonde.peakRssBytes ?? 0) < (bare.peakRssBytes ?? 0) + 300_000_000,
    `${sonde.peakRssBytes} bytes`,
  );
  const names = sink.logs.map(({ name }) => name);
  for (const name of ['attribute', 'error', 'pino']) {
    assert.equal(names.filter((each) => each === name).length, 20, name);
  }
  const attribute = sink.logs.find(({ name }) => name === 'attribute');
  assert.match(JSON.stringify(getAttributes(attribute)), /\[Truncated: /, 'a mark says where it was cut');
});

const oddities = `
  class Order { id = 7; #secret = 1; get total() { return 1; } }
  class Money { constructor(n) { this.n = n; } toJSON() { return this.n + ' EUR'; } }
  const user = { id: 1 };
  const err = Object.assign(new TypeError('refused', { cause: new RangeError('port') }), { code: 'ECONNREFUSED' });
  const odd = {
    reason: err, at: new Date(0), int64: 2n ** 62n + 1n, wide: 2n ** 64n, small: 5n, order: new Order(), money: new Money(3),
    url: new URL('http://a.example/b'), map: new Map([['a', 1]]), set: new Set([1, 2]), floats: new Float32Array([1.5]),
    bytes: Buffer.from('ab'), symbol: Symbol('s'), fn: function work() {}, buyer: user, payer: user,
    nested: { list: [new Date(0), { deep: new Order() }] },
  };`;

for (const engine of ['lean', 'standard']) {
  test(`attributes of every type are converted (${engine} engine)`, { timeout }, async (t) => {
    const { sonde, sink } = await sent(
      t,
      `import { getLogger } from '@sonde/otel';
      ${oddities}
      const log = getLogger('types');
      log.info('odd', odd);
      log.child(odd).info('child');
      log.error('failed', { err, attempt: 1 });
      log.info('frozen', Object.freeze(odd));`,
      { SONDE_ENGINE: engine },
    );
    const isLean = engine === 'lean';
    for (const name of ['odd', 'child', 'frozen']) {
      const { reason, ...rest } = getAttributes(sink.logs.find((record) => record.name === name));
      const { stack, cause, ...error } = reason as { stack: string; cause: { message: string } };
      assert.match(stack, /^TypeError: refused\n/);
      assert.equal(cause.message, 'port');
      assert.deepEqual(error, { name: 'TypeError', message: 'refused', code: 'ECONNREFUSED' });
      assert.deepEqual(rest, {
        at: '1970-01-01T00:00:00.000Z',
        int64: isLean ? { int: String(2n ** 62n + 1n) } : String(2n ** 62n + 1n),
        wide: String(2n ** 64n),
        small: { int: '5' },
        order: { id: { int: '7' } },
        money: '3 EUR',
        url: 'http://a.example/b',
        map: { a: { int: '1' } },
        set: [{ int: '1' }, { int: '2' }],
        floats: [1.5],
        bytes: 'bytes',
        symbol: 'Symbol(s)',
        fn: '[Function: work]',
        buyer: { id: { int: '1' } },
        payer: { id: { int: '1' } },
        nested: { list: ['1970-01-01T00:00:00.000Z', { deep: { id: { int: '7' } } }] },
      });
    }
    const failed = getAttributes(sink.logs.find(({ name }) => name === 'failed'));
    assert.equal(failed['exception.type'], 'TypeError');
    assert.match(String(failed['exception.stacktrace']), /Caused by: RangeError: port/);
    assert.deepEqual(failed['err'], { code: 'ECONNREFUSED' });
    const [line] = consoleRecords(sonde);
    assert.deepEqual(
      [line?.['at'], line?.['order'], line?.['set'], line?.['payer'], line?.['small'], line?.['wide']],
      ['1970-01-01T00:00:00.000Z', { id: 7 }, [1, 2], { id: 1 }, 5, String(2n ** 64n)],
      'and on the console',
    );
  });

  test(`a value that throws when read affects only itself (${engine} engine)`, { timeout }, async (t) => {
    const { sonde, sink } = await sent(
      t,
      `import pino from 'pino';
      import { getLogger } from '@sonde/otel';
      import { logs } from '@opentelemetry/api';
      const trap = () => { throw new Error('trap'); };
      const revoked = Proxy.revocable({}, {}); revoked.revoke();
      let deep = {}; for (let level = 0; level < 100_000; level++) deep = { deep };
      const hostile = {
        ok: 1, inner: { fine: 1, get bad() { throw new Error('no'); } },
        proxy: new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap, has: trap }), revoked: revoked.proxy, deep,
      };
      const log = getLogger('hostile');
      log.info('nested', hostile);
      log.info('own', { ok: 1, get bad() { throw new Error('no'); } });
      log.info('more', hostile.proxy);
      log.info('revoked', revoked.proxy);
      log.child(hostile).info('child');
      log.exception(hostile.proxy, 'exception');
      log.exception(Object.create(null));
      log.exception(Object.defineProperty(new Error('x'), 'stack', { get: trap }), 'stack');
      logs.getLogger('api').emit({ body: 'api', attributes: hostile });
      pino({ base: null, timestamp: false }).info({ ok: 1 }, 'pino');`,
      { SONDE_ENGINE: engine, SONDE_LOG_TRACE_IDS: 'false' },
    );
    assert.doesNotMatch(sonde.stderr, /not exported/);
    const names = sink.logs.map(({ name }) => name);
    assert.deepEqual(names.toSorted(), [
      'api',
      'child',
      'exception',
      'more',
      'nested',
      'own',
      'pino',
      'revoked',
      'stack',
      '{}',
    ]);
    const attributes = (name: string): Record<string, unknown> =>
      getAttributes(sink.logs.find((record) => record.name === name));
    for (const name of ['nested', 'child', 'api']) {
      const { ok, inner, proxy, revoked, deep } = attributes(name);
      assert.deepEqual([ok, inner], [{ int: '1' }, { fine: { int: '1' }, bad: '[Throws: no]' }], name);
      assert.equal(proxy, '[Throws: trap]');
      assert.match(String(revoked), /^\[Throws: .* revoked\]$/);
      assert.match(JSON.stringify(deep), /\[Object\]/);
    }
    assert.deepEqual(attributes('own'), { ok: { int: '1' }, bad: '[Throws: no]' });
  });
}

test('a span attribute of 50 MB is truncated before processing', { timeout }, async (t) => {
  const app = `import { span, traced } from '@sonde/otel';
    import { trace } from '@opentelemetry/api';
    const huge = 'a://b'.repeat(10_000_000);
    const list = Array.from({ length: 1_000_000 }, (_, index) => index);
    const tracer = trace.getTracer('huge');
    const link = { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }, attributes: { huge } };
    const one = tracer.startSpan('start', { attributes: { huge, list, url: huge }, links: [link] });
    one.setAttribute('more', huge).setAttribute('list', list);
    one.addEvent('event', { huge }).recordException(new Error(huge));
    one.setStatus({ code: 2, message: huge }).end();
    tracer.startSpan('name').updateName(huge).end();
    tracer.startSpan(huge).addEvent(huge).end();
    try { span('failing', { huge }, () => { throw new Error(huge); }); } catch {}`;
  const limits = [
    [{}, 65_536],
    [{ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '100' }, 100],
    [{ OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '100', OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '200000' }, 200_000],
  ] as const;
  for (const [env, limit] of limits) {
    const { sink } = await sent(t, app, env);
    assert.equal(sink.spans.length, 4);
    const started = sink.spans.find(({ name }) => name === 'start');
    assert.deepEqual(
      ['huge', 'more'].map((key) => String(started?.attributes[key]).length),
      [limit, limit],
    );
    const wire = JSON.stringify(
      sink.spans.map(({ raw }) => raw),
      (_key, value) => (typeof value === 'bigint' ? String(value) : value),
    );
    assert.ok(wire.length < 3_000_000 + 20 * limit, `${wire.length} characters in ${JSON.stringify(env)}`);
  }
});

test('dropped span attributes are counted and reported', { timeout }, async (t) => {
  const { sonde, sink } = await sent(
    t,
    `import { trace } from '@opentelemetry/api';
    const tracer = trace.getTracer('drops');
    const trap = () => { throw new Error('trap'); };
    const bad = { get bad() { throw new Error('no'); } };
    const span = tracer.startSpan('dropping', { attributes: { at: new Date(0), ok: 1, ...{} } });
    span.setAttribute('big', 5n).setAttributes({ symbol: Symbol('s'), fine: true, deep: { map: new Map() } });
    span.setAttributes({ before: 1, get bad() { throw new Error('no'); }, after: 1 });
    span.setAttributes(new Proxy({}, { ownKeys: trap }));
    span.addEvent('event', { at: new Date(0), fine: 1, get bad() { throw new Error('no'); } });
    span.recordException(new Proxy(new Error('x'), { get: trap }));
    span.end();
    tracer.startSpan('reading', { attributes: { fine: 1, get bad() { throw new Error('no'); } } }).end();`,
  );
  const { attributes, raw } = sink.spans.find(({ name }) => name === 'dropping') ?? {};
  assert.deepEqual(Object.keys(attributes ?? {}).toSorted(), ['after', 'before', 'fine', 'ok']);
  assert.equal(raw?.['droppedAttributesCount'], 6);
  const events = raw?.['events'] as { name: string; droppedAttributesCount: number }[];
  assert.deepEqual(
    events.map(({ name, droppedAttributesCount }) => [name, droppedAttributesCount ?? 0]),
    [
      ['event', 2],
      ['exception', 0],
    ],
  );
  const reading = sink.spans.find(({ name }) => name === 'reading');
  assert.deepEqual([reading?.attributes, reading?.raw['droppedAttributesCount']], [{ fine: 1 }, 1]);
  assert.match(sonde.stderr, /SONDE_ATTRIBUTE_DROPPED/);
  assert.match(sonde.stderr, /not exported: 9 attributes of unsupported types\n/);
});
