import assert from 'node:assert/strict';
import { test } from 'node:test';
import { context, SeverityNumber, trace, TraceFlags } from '@opentelemetry/api';
import { getLogger } from '../index.ts';
import { startTesting, type TestLog } from '../testing.ts';
import { setSeverities } from './logger-state.ts';

const telemetry = startTesting();

function recorded(work: () => void): TestLog[] {
  void telemetry.reset();
  work();
  return telemetry.logs();
}

test('each level has its severity, under both of its names', () => {
  setSeverities(SeverityNumber.TRACE, new Map());
  const log = getLogger('levels');
  const records = recorded(() => {
    log.trace('a');
    log.debug('b');
    log.info('c');
    log.warn('d');
    log.warning('e');
    log.error('f');
    log.fatal('g');
    log.critical('h');
  });
  assert.deepEqual(
    records.map(({ body, severityNumber, severity }) => [body, severityNumber, severity]),
    [
      ['a', 1, 'TRACE'],
      ['b', 5, 'DEBUG'],
      ['c', 9, 'INFO'],
      ['d', 13, 'WARN'],
      ['e', 13, 'WARN'],
      ['f', 17, 'ERROR'],
      ['g', 21, 'FATAL'],
      ['h', 21, 'FATAL'],
    ],
  );
});

test('a level covers the dotted names below it, and changes for loggers that exist', () => {
  const [app, db, dbPool, other] = ['app', 'app.db', 'app.db.pool', 'application'].map(getLogger) as [
    ReturnType<typeof getLogger>,
    ReturnType<typeof getLogger>,
    ReturnType<typeof getLogger>,
    ReturnType<typeof getLogger>,
  ];
  setSeverities(
    SeverityNumber.INFO,
    new Map([
      ['app', SeverityNumber.ERROR],
      ['app.db', SeverityNumber.DEBUG],
    ]),
  );
  assert.deepEqual(
    [app, db, dbPool, other].map((log) => log.isEnabled('debug')),
    [false, true, true, false],
  );
  assert.deepEqual(
    [app, db, dbPool, other].map((log) => log.isEnabled('warning')),
    [false, true, true, true],
  );
  assert.deepEqual(recorded(() => app.warn('quiet')).length, 0);
  setSeverities(Number.POSITIVE_INFINITY, new Map());
  assert.deepEqual(recorded(() => db.fatal('off')).length, 0);
  setSeverities(SeverityNumber.INFO, new Map());
});

test('a child adds its attributes, and those of the call win', () => {
  const child = getLogger('child').child({ tenant: 'a', step: 1 }).child({ step: 2 });
  const [record] = recorded(() => child.info('hello', { tenant: 'b' }));
  assert.deepEqual(record?.attributes, { tenant: 'b', step: 2 });
});

test('an error is recorded with its class, its message and the stacks of its causes', () => {
  class ConnectionError extends Error {}
  const error = new ConnectionError('no route', { cause: new RangeError('port', { cause: 'a typo' }) });
  const log = getLogger('errors');
  const [byError, byException, bare] = recorded(() => {
    log.error('connecting failed', error);
    log.exception(error, 'connecting failed', { 'server.port': 1 });
    log.exception('just a string');
  });
  assert.equal(byError?.body, 'connecting failed');
  assert.equal(byError?.attributes['exception.type'], 'ConnectionError');
  assert.equal(byError?.attributes['exception.message'], 'no route');
  assert.match(
    String(byError?.attributes['exception.stacktrace']),
    /no route\n[^]*Caused by: RangeError: port\n[^]*Caused by: 'a typo'/,
  );
  assert.deepEqual(byException?.attributes, { ...byError?.attributes, 'server.port': 1 });
  assert.equal(byException?.severityNumber, SeverityNumber.ERROR);
  assert.equal(bare?.body, 'just a string');
});

test('a record carries the ids of the active span', () => {
  const spanContext = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
  };
  const [record] = recorded(() => {
    context.with(trace.setSpanContext(context.active(), spanContext), () =>
      getLogger('in span').info('here'),
    );
  });
  assert.equal(record?.traceId, spanContext.traceId);
  assert.equal(record?.spanId, spanContext.spanId);
});

test('what cannot be logged harms nobody', () => {
  const hostile = new Proxy(new Error('x'), {
    get() {
      throw new Error('trap');
    },
  });
  const getter = Object.defineProperty({ fine: 1 }, 'bad', {
    enumerable: true,
    get: () => assert.fail('getter'),
  });
  const log = getLogger('hostile');
  assert.doesNotThrow(() => log.exception(hostile));
  assert.doesNotThrow(() => log.exception(Object.create(null)));
  const [record] = recorded(() => log.info('x', getter));
  assert.deepEqual(record?.attributes, { fine: 1, bad: '[Throws: getter]' });
});

test('an error among the attributes becomes the attributes of an exception, with its own members', () => {
  const err = Object.assign(new TypeError('refused'), { code: 'ECONNREFUSED' });
  const log = getLogger('errors');
  const [byErr, byError, both, other] = recorded(() => {
    log.error('failed', { err, attempt: 2 });
    log.error('failed', { error: new RangeError('r') });
    log.error('failed', { err, error: new RangeError('r') });
    log.error('failed', { reason: new RangeError('r') });
  });
  const { 'exception.stacktrace': stack, ...rest } = byErr?.attributes ?? {};
  assert.match(String(stack), /TypeError: refused\n/);
  assert.deepEqual(rest, {
    attempt: 2,
    'exception.type': 'TypeError',
    'exception.message': 'refused',
    err: { code: 'ECONNREFUSED' },
  });
  assert.equal(byError?.attributes['exception.type'], 'RangeError');
  assert.equal(both?.attributes['exception.type'], 'TypeError');
  assert.ok(both);
  assert.equal((both.attributes['error'] as { message: string }).message, 'r');
  assert.ok(other);
  const { name, message } = other.attributes['reason'] as { name: string; message: string };
  assert.deepEqual([name, message], ['RangeError', 'r']);
});

test('an error in the place of the message is logged as an exception', () => {
  const [record] = recorded(() => getLogger('errors').error(new RangeError('r') as unknown as string));
  assert.equal(record?.body, 'r');
  assert.equal(record?.attributes['exception.type'], 'RangeError');
});

test('attributes of every type arrive, and what is shared twice does', () => {
  const user = { id: 1 };
  const [record] = recorded(() =>
    getLogger('types').info('x', { at: new Date(0), big: 7n, buyer: user, payer: user, set: new Set([1]) }),
  );
  assert.deepEqual(record?.attributes, {
    at: '1970-01-01T00:00:00.000Z',
    big: 7,
    buyer: { id: 1 },
    payer: { id: 1 },
    set: [1],
  });
});

test('a child takes what can be read of its attributes', () => {
  const attributes = {
    fine: 1,
    get bad(): string {
      throw new Error('no');
    },
  };
  const [record] = recorded(() => getLogger('child').child(attributes).info('hello'));
  assert.deepEqual(record?.attributes, { fine: 1, bad: '[Throws: no]' });
});

test('a logger sets the level of its name and of those below it', () => {
  const [parent, child] = [getLogger('set'), getLogger('set.child')];
  assert.equal(child.isEnabled('debug'), false);
  parent.setLevel('debug');
  assert.equal(child.isEnabled('debug'), true);
  child.setLevel('off');
  assert.equal(child.isEnabled('critical'), false);
  assert.equal(parent.isEnabled('debug'), true);
});
