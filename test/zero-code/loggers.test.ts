import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { kinds } from '../packaging/loading.ts';
import { readSnippets } from '../docs/snippets.ts';
import { OtlpSink, type Received } from '../support/otlp-sink.ts';
import { application, applications } from './support/applications.ts';
import { nodeUnderTest, versionsUnderTest } from './support/node-under-test.ts';
import { runApplication } from './support/run-application.ts';
import { source } from './support/source.ts';

const timeout = 120_000;

/** Lines of a logger, and the records that the Collector received. */
interface Written {
  readonly lines: readonly Record<string, unknown>[];
  readonly records: readonly Received[];
  readonly stderr: string;
}

interface Scene {
  readonly kind?: 'cjs' | 'mjs';
  readonly dependencies?: readonly string[];
  readonly uses?: Readonly<Record<string, string>>;
  /** The folder of the installed pino to take: one of another version. */
  readonly pino?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly preload?: string;
  readonly files?: Readonly<Record<string, string>>;
}

async function write(t: TestContext, node: string, body: string, scene: Scene = {}): Promise<Written> {
  const { kind = 'cjs', dependencies = [], env = {}, preload = '@sonde/otel/register', files = {} } = scene;
  const uses = scene.uses ?? { pino: 'pino', '@opentelemetry/api': '{ trace }' };
  await using sink = await OtlpSink.start();
  const cwd = await application(t, dependencies, { [`app.${kind}`]: source(kind, uses, body), ...files });
  if (scene.pino !== undefined) {
    const installed = join(await applications(), '..', '..', 'node_modules', scene.pino);
    await cp(installed, join(cwd, 'node_modules', 'pino'), { recursive: true });
  }
  const child = await runApplication(node, ['--require', preload, `app.${kind}`], {
    cwd,
    sink,
    env: { SONDE_REDACT: 'false', ...env },
  });
  const lines = child.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const notices = child.stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('sonde 0.1.0'))
    .join('\n');
  return { lines, records: sink.logs, stderr: notices };
}

const getSeverity = ({ raw }: Received): unknown => [Number(raw['severityNumber']), raw['severityText']];

interface AnyValue {
  readonly kvlistValue?: { readonly values?: { readonly key: string; readonly value: AnyValue }[] };
  readonly arrayValue?: { readonly values?: AnyValue[] };
  readonly intValue?: unknown;
}

/** A value of OTLP as the one that it stands for. */
function plainValue(value: AnyValue): unknown {
  if (value.kvlistValue) {
    return Object.fromEntries(
      (value.kvlistValue.values ?? []).map((each) => [each.key, plainValue(each.value)]),
    );
  }
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plainValue);
  return value.intValue ? Number(value.intValue) : Object.values(value)[0];
}

function getAttributes({ raw }: Received): Record<string, unknown> {
  const attributes = raw['attributes'] as { key: string; value: AnyValue }[];
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));
}

/** A test on one version of Node.js, that which runs it if none is named. */
function on(
  name: string,
  body: (t: TestContext, node: string) => Promise<void>,
  version: string = process.versions.node,
): void {
  test(name, { timeout }, async (t) => {
    const node = await nodeUnderTest(t, version);
    if (node !== undefined) await body(t, node);
  });
}

const secret = 'hunter2';

/** Secrets in every place that pino redacts, and values that it keeps. */
const secrets = `
  const log = pino({
    redact: { paths: ['password', 'user.token', '*.secret', 'list[*].key', 'err.config', 'msg_', 'gone'], remove: false },
    serializers: { user: (user) => ({ ...user, seen: true }) },
  });
  const child = log.child({ tenant: 'acme', password: '${secret}', deep: { secret: '${secret}' } });
  child.info({
    password: '${secret}', user: { token: '${secret}', id: 7 }, any: { secret: '${secret}', open: 1 },
    list: [{ key: '${secret}', name: 'a' }],
  }, 'signed in as %j', { password: '${secret}', name: 'Ada' });
  const refused = Object.assign(new TypeError('refused'), { config: '${secret}', code: 'E_REFUSED' });
  child.error(refused);
  log.child({}, { redact: ['later'] }).warn({ later: '${secret}', now: true }, 'own rules');
  pino({ redact: { paths: ['gone', 'a.gone'], remove: true } }).info({ gone: '${secret}', a: { gone: '${secret}', b: 1 } }, 'removed');
  pino({ formatters: { log: ({ raw, ...rest }) => rest } }).info({ raw: '${secret}', rest: 1 }, 'formatted');
`;

function assertSecrets({ lines, records, stderr }: Written): void {
  assert.equal(stderr, '');
  assert.ok(!JSON.stringify(lines).includes(secret));
  assert.ok(
    !JSON.stringify(records, (_key, value) => (typeof value === 'bigint' ? Number(value) : value)).includes(
      secret,
    ),
    'no secret leaves',
  );
  assert.deepEqual(
    records.map(({ name }) => name),
    ['signed in as {"password":"[Redacted]","name":"Ada"}', 'refused', 'own rules', 'removed', 'formatted'],
  );
  const [signedIn, failed, own, removed, formatted] = records.map(getAttributes);
  const bindings = { tenant: 'acme', password: '[Redacted]', deep: { secret: '[Redacted]' } };
  assert.deepEqual(signedIn, {
    ...bindings,
    user: { token: '[Redacted]', id: 7, seen: true },
    any: { secret: '[Redacted]', open: 1 },
    list: [{ key: '[Redacted]', name: 'a' }],
  });
  const { 'exception.stacktrace': stack, ...rest } = failed ?? {};
  assert.ok(String(stack).startsWith('TypeError: refused\n'), String(stack));
  assert.deepEqual(rest, {
    ...bindings,
    'exception.type': 'TypeError',
    'exception.message': 'refused',
    err: { config: '[Redacted]', code: 'E_REFUSED' },
  });
  assert.deepEqual(own, { later: '[Redacted]', now: true });
  assert.deepEqual(removed, { a: { b: 1 } });
  assert.deepEqual(formatted, { rest: 1 });
}

suite('pino', { timeout: 4 * timeout }, () => {
  for (const version of versionsUnderTest) {
    for (const kind of kinds) {
      on(
        `on Node ${version} (${kind}): its redaction applies to records, and everything else is recorded`,
        async (t, node) => assertSecrets(await write(t, node, secrets, { kind })),
        version,
      );
    }
  }

  for (const pino of ['pino8', 'pino9']) {
    on(`an older one, ${pino}`, async (t, node) => assertSecrets(await write(t, node, secrets, { pino })));
  }

  on(
    'keeps the line that it wrote without Sonde, to the letter, and asks everybody once',
    async (t, node) => {
      const body = `
      let calls = 0;
      const count = (value) => ({ value, calls: ++calls });
      const options = {
        base: { pid: 1 }, timestamp: false, messageKey: 'message', errorKey: 'failure', nestedKey: 'payload',
        customLevels: { notice: 35 }, msgPrefix: '[shop] ', crlf: false,
        serializers: { counted: count, [Symbol.for('x')]: count, failure: () => 'failed' },
        mixin: () => ({ mixed: ++calls }),
        redact: { paths: ['card', 'person.name'], censor: (value, path) => path.join('.') + ++calls },
        formatters: { level: (label) => ({ severity: label }), log: (members) => ({ ...members, formatted: ++calls }) },
      };
      // Synchronous: else the flush of fatal may overtake the first line, which is still being written.
      const log = pino(options, pino.destination({ dest: 1, sync: true })).child({ counted: 1, card: 2 }, { level: 'trace', serializers: { late: count } });
      const poison = { toJSON: () => 'as told', nan: Number.NaN };
      log.notice({ counted: 3, late: 4, card: 5, person: { name: 6, age: 7 }, big: 8n, poison, no: undefined, fn() {},
        nan: Number.NaN, date: new Date(0), map: new Map([[1, 2]]), buffer: Buffer.from('b') }, 'with %d of %s', 1, 'all');
      log.trace({ message: 'in the object' });
      log.fatal(new Error('lost'), 'end');
      log.info(undefined); log.info(null); log.info('%o', { card: 9 }); log.debug(12); log.warn([1]);
      const circular = { name: 'c' }; circular.self = circular;
      log.info({ circular });
      try { pino({ serializers: { bad: () => { throw new Error('mine') } } }).info({ bad: 1 }); } catch ({ message }) { log.info(message); }
      log.info({ total: calls });`;
      const bare = await write(t, node, body, { env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pino' } });
      const bridged = await write(t, node, body);
      const withoutStacks = (lines: Written['lines']): string =>
        JSON.stringify(lines).replaceAll(/at [^"]*/g, '');
      assert.equal(withoutStacks(bridged.lines), withoutStacks(bare.lines));
      assert.equal(bare.records.length, 0);
      assert.equal(bridged.records.length, bridged.lines.length);
      assert.equal(bridged.stderr, '');
      const [notice, trace] = bridged.records;
      assert.deepEqual(getSeverity(notice as Received), [11, 'notice']);
      assert.equal(notice?.name, '[shop] with 1 of all');
      assert.equal(trace?.name, 'in the object');
      const { payload } = getAttributes(notice) as { payload: Record<string, unknown> };
      assert.equal(payload['poison'], 'as told');
      assert.equal(payload['date'], '1970-01-01T00:00:00.000Z');
      assert.equal(payload['big'], 8);
    },
  );

  on('adds the ids of the active span to output lines and records', async (t, node) => {
    const body = `
      const log = pino();
      log.info('outside');
      trace.getTracer('t').startActiveSpan('work', (span) => { log.child({ a: 1 }).info('inside'); span.end(); });`;
    const { lines, records } = await write(t, node, body);
    assert.ok(!('trace_id' in (lines[0] ?? {})));
    const [, inside] = records;
    assert.equal(lines[1]?.['trace_id'], inside?.traceId);
    assert.equal(lines[1]?.['span_id'], inside?.spanId);
    assert.equal(lines[1]?.['trace_flags'], '01');
    assert.deepEqual(getAttributes(inside as Received), { a: 1 });
    const plain = await write(t, node, body, { env: { SONDE_LOG_TRACE_IDS: 'false' } });
    assert.ok(!('trace_id' in (plain.lines[1] ?? {})));
    assert.equal(plain.records[1]?.traceId.length, 32);
    const lineOnly = await write(t, node, body, { env: { SONDE_LOG_CAPTURE_LOGGERS: 'false' } });
    assert.equal(String(lineOnly.lines[1]?.['trace_id']).length, 32);
    assert.deepEqual(lineOnly.records, []);
  });

  on('respects its level, and several targets and a worker create one record', async (t, node) => {
    const body = `
      const log = pino({ level: 'warn' }, pino.multistream([{ level: 'warn', stream: process.stdout }, { level: 'error', stream: process.stdout }]));
      log.info('not shown');
      log.error('twice');
      const worker = pino({ transport: { targets: [{ target: 'pino/file', options: { destination: 1 } }] } });
      worker.info('by a worker');
      worker.flush(() => {});
      log.silent('never');`;
    const { lines, records, stderr } = await write(t, node, body);
    assert.equal(stderr, '');
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['twice', 'twice', 'by a worker'],
    );
    assert.deepEqual(
      records.map(({ name, scope }) => ({ name, scope })),
      [
        { name: 'twice', scope: 'pino' },
        { name: 'by a worker', scope: 'pino' },
      ],
    );
  });

  on(
    "records once if upstream's instrumentation is installed; an instance in the options replaces the bridge",
    async (t, node) => {
      const body = `pino().info('once');`;
      const dependencies = ['@opentelemetry/instrumentation-pino', 'pino'];
      const both = await write(t, node, body, { dependencies });
      assert.deepEqual(
        both.records.map(({ scope }) => scope),
        ['pino'],
      );
      const preload = `const { start } = require('@sonde/otel');
      const { PinoInstrumentation } = require('@opentelemetry/instrumentation-pino');
      start({ instrumentations: [new PinoInstrumentation()] });`;
      const given = await write(t, node, body, {
        dependencies,
        preload: './instrument.cjs',
        files: { 'instrument.cjs': preload },
      });
      assert.deepEqual(
        given.records.map(({ scope }) => scope),
        ['@opentelemetry/instrumentation-pino'],
      );
    },
  );

  on("Sonde's own rules hold for what it lets through", async (t, node) => {
    const { lines, records } = await write(
      t,
      node,
      `pino().info({ headers: { authorization: 'Bearer ${secret}' } }, 'asked');`,
      {
        env: { SONDE_REDACT: 'true' },
      },
    );
    assert.ok(JSON.stringify(lines).includes(secret), "its lines are the application's own");
    assert.deepEqual(getAttributes(records[0] as Received), { headers: { authorization: 'REDACTED' } });
  });
});

on('the guide shows a program with pino, what it prints, and no secret in either', async (t, node) => {
  const snippets = await readSnippets('docs/guide/logs.md');
  const [program, printed] = snippets.filter(({ heading }) => heading === 'pino and winston');
  await using sink = await OtlpSink.start();
  const cwd = await application(t, [], { 'app.mjs': program?.text ?? '' });
  const child = await runApplication(node, ['--require', '@sonde/otel/register', 'app.mjs'], { cwd, sink });
  assert.ok(printed !== undefined && child.stdout.includes(printed.text.trim()), child.output);
  const [record] = sink.logs;
  assert.equal(record?.name, 'paid');
  assert.deepEqual(getAttributes(record), { tenant: 'acme', card: { number: '[Redacted]', brand: 'visa' } });
});

suite('winston', { timeout: 4 * timeout }, () => {
  const uses = { winston: 'winston', '@opentelemetry/api': '{ trace }' };
  const body = `
    const { combine, errors, json, splat } = winston.format;
    const hide = winston.format((info) => (info.password ? { ...info, password: '[hidden]' } : info));
    const drop = winston.format((info) => !info.private && info);
    const log = winston.createLogger({
      level: 'verbose', defaultMeta: { service: 'shop' },
      format: combine(drop(), errors({ stack: true }), splat(), hide(), json()),
      transports: [new winston.transports.Console(), new winston.transports.Console({ level: 'error' })],
    });
    trace.getTracer('t').startActiveSpan('work', (span) => {
      log.info('signed in %s', 'Ada', { password: '${secret}', nested: { deep: [1] } });
      span.end();
    });
    log.child({ request: 7 }).verbose('from a child');
    log.debug('not shown');
    log.info({ message: 'not for others', private: true });
    log.error(new TypeError('refused'));
    log.warn('with an error', { error: new RangeError('too far') });
    log.clear().add(new winston.transports.Console());
    log.log({ level: 'http', message: 'after clear' });`;

  for (const version of versionsUnderTest) {
    for (const kind of kinds) {
      on(
        `on Node ${version} (${kind}): records the info after its format`,
        async (t, node) => {
          const { lines, records, stderr } = await write(t, node, body, { kind, uses });
          assert.equal(stderr, '');
          assert.ok(!JSON.stringify(lines).includes(secret));
          const told = ['signed in Ada', 'from a child', 'refused', 'with an error', 'after clear'];
          assert.deepEqual(
            records.map(({ name }) => name.split(' too far')[0]),
            told,
          );
          assert.deepEqual(records.map(getSeverity), [
            [9, 'info'],
            [6, 'verbose'],
            [17, 'error'],
            [13, 'warn'],
            [7, 'http'],
          ]);
          const [signedIn, child, failed, warned] = records.map(getAttributes);
          assert.deepEqual(signedIn, { service: 'shop', password: '[hidden]', nested: { deep: [1] } });
          assert.equal(lines[0]?.['trace_id'], records[0]?.traceId);
          assert.equal(records[0]?.traceId.length, 32);
          assert.ok(!('trace_id' in (lines[1] ?? {})));
          assert.deepEqual(child, { service: 'shop', request: 7 });
          assert.equal(failed?.['exception.type'], 'TypeError');
          assert.equal(failed['exception.message'], 'refused');
          assert.ok(String(failed['exception.stacktrace']).startsWith('TypeError: refused\n'));
          assert.equal(warned?.['exception.type'], 'RangeError');
        },
        version,
      );
    }
  }

  on('a logger whose transports are slow keeps the span of each record', async (t, node) => {
    const slow = `
      const { Writable } = require('node:stream');
      const stream = new Writable({ objectMode: true, highWaterMark: 1, write(_info, _encoding, done) { setImmediate(done); } });
      const log = winston.createLogger({ transports: [new winston.transports.Stream({ stream }), new winston.transports.Console()] });
      for (let i = 0; i < 100; i++) trace.getTracer('t').startActiveSpan('work', (span) => { log.info('a', { id: span.spanContext().spanId }); span.end(); });`;
    const { records } = await write(t, node, slow, { uses });
    assert.equal(records.length, 100);
    for (const record of records) assert.equal(record.spanId, getAttributes(record)['id']);
  });

  on('an info holds nothing that winston and the application did not put in', async (t, node) => {
    const inspecting = `
      const { inspect } = require('node:util');
      const keys = winston.format((info) => ({ ...info, keys: Reflect.ownKeys(info).map(String), shown: inspect(info) }));
      const log = winston.createLogger({
        format: winston.format.combine(keys(), winston.format.json()),
        transports: [new winston.transports.Console()],
      });
      trace.getTracer('t').startActiveSpan('work', (span) => { log.info('inside', { id: span.spanContext().spanId }); span.end(); });
      log.info('outside');
      log.write(Object.freeze({ level: 'info', message: 'frozen', [Symbol.for('level')]: 'info' }));`;
    const { lines, records, stderr } = await write(t, node, inspecting, {
      uses,
      env: { SONDE_LOG_TRACE_IDS: 'false' },
    });
    assert.equal(stderr, '');
    const own = new Set(['id', 'level', 'message', 'Symbol(level)', 'Symbol(splat)']);
    for (const { keys, shown } of lines) {
      assert.deepEqual(
        (keys as string[]).filter((key) => !own.has(key)),
        [],
      );
      assert.doesNotMatch(String(shown), /sonde|Context/);
    }
    assert.deepEqual(
      records.map(({ name, spanId }) => [name, spanId !== '']),
      [
        ['inside', true],
        ['outside', false],
        ['frozen', false],
      ],
    );
    assert.equal(records[0]?.spanId, lines[0]?.['id']);
  });

  on("records once if upstream's instrumentation and transport are installed", async (t, node) => {
    const dependencies = [
      '@opentelemetry/instrumentation-winston',
      '@opentelemetry/winston-transport',
      'winston',
    ];
    const once = `winston.createLogger({ transports: [new winston.transports.Console()] }).info('once');`;
    const { records } = await write(t, node, once, { uses, dependencies });
    assert.deepEqual(
      records.map(({ name, scope }) => ({ name, scope })),
      [{ name: 'once', scope: 'winston' }],
    );
  });
});
