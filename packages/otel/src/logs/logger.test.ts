import assert from 'node:assert/strict';
import { test } from 'node:test';
import { context, SeverityNumber, trace, TraceFlags } from '@opentelemetry/api';
import { getLogger } from '../index.ts';
import { startTesting, type TestLog } from '../testing.ts';
import { setSeverities } from './source.ts';

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
  assert.deepEqual(record?.attributes, { fine: 1, bad: '[threw AssertionError]' });
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
