import assert from 'node:assert/strict';
import { test } from 'node:test';
import { context, logs, metrics, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { counter, gauge, getLogger, histogram, upDownCounter } from '../index.ts';
import { SondeTestingError, startTesting } from '../testing.ts';

const earlyTracer = trace.getTracer('early');
const earlyLogger = logs.getLogger('early');
const orders = counter('shop.orders', { description: 'Orders placed', unit: '{order}' });
const duration = histogram('shop.duration', { unit: 's', advice: { explicitBucketBoundaries: [1, 2] } });

test('returns ended spans as plain data in the order in which they started', () => {
  using telemetry = startTesting();
  const tracer = trace.getTracer('shop');
  const parent = tracer.startSpan('parent', { kind: SpanKind.SERVER, attributes: { a: 1 } });
  const within = trace.setSpan(context.active(), parent);
  const child = tracer.startSpan('child', { links: [{ context: parent.spanContext() }] }, within);
  child.addEvent('happened', { b: [2] }).setStatus({ code: SpanStatusCode.ERROR, message: 'broke' });
  tracer.startSpan('open', {}, within);
  child.end();
  parent.end();

  const [first, second, ...more] = telemetry.spans();
  assert.deepEqual(more, []);
  assert.ok(first !== undefined && second !== undefined);
  const { traceId, spanId } = parent.spanContext();
  const { startTime, durationMs, ...rest } = second;
  assert.ok(startTime instanceof Date && durationMs >= 0);
  assert.deepEqual(rest, {
    name: 'child',
    kind: 'internal',
    scope: 'shop',
    attributes: {},
    status: 'error',
    statusMessage: 'broke',
    events: [{ name: 'happened', attributes: { b: [2] } }],
    links: [{ traceId, spanId }],
    parent: 'parent',
    traceId,
    spanId: child.spanContext().spanId,
    parentSpanId: spanId,
  });
  assert.deepEqual(
    [first.name, first.kind, first.attributes, first.status, first.parent, first.parentSpanId],
    ['parent', 'server', { a: 1 }, 'unset', undefined, undefined],
  );
});

test('returns log records as plain data with the ids of their span', () => {
  using telemetry = startTesting();
  earlyTracer.startActiveSpan('work', (span) => {
    getLogger('shop').debug('looked up', { 'user.id': '42' });
    span.end();
  });
  const [{ time, ...record } = assert.fail('no record')] = telemetry.logs();
  const [span] = telemetry.spans();
  assert.ok(time instanceof Date);
  assert.deepEqual(record, {
    logger: 'shop',
    severity: 'DEBUG',
    severityNumber: 5,
    body: 'looked up',
    attributes: { 'user.id': '42' },
    eventName: undefined,
    traceId: span?.traceId,
    spanId: span?.spanId,
  });
});

test('accumulates metrics over several reads', async () => {
  await using telemetry = startTesting();
  const level = upDownCounter('shop.level');
  const last = gauge('shop.last');
  orders.add(1, { kind: 'a', other: 1 });
  duration.record(1.5);
  level.add(2);
  last.record(3);
  await telemetry.metrics();
  orders.add(2, { other: 1, kind: 'a' });
  orders.add(4);
  duration.record(3);
  level.add(-1);
  last.record(5);
  assert.deepEqual(await telemetry.metrics(), [
    {
      name: 'shop.orders',
      description: 'Orders placed',
      unit: '{order}',
      scope: '@sonde/otel',
      points: [
        { attributes: { kind: 'a', other: 1 }, value: 3 },
        { attributes: {}, value: 4 },
      ],
    },
    {
      name: 'shop.duration',
      description: '',
      unit: 's',
      scope: '@sonde/otel',
      points: [
        {
          attributes: {},
          value: { count: 2, sum: 4.5, min: 1.5, max: 3, boundaries: [1, 2], counts: [0, 1, 1] },
        },
      ],
    },
    {
      name: 'shop.level',
      description: '',
      unit: '',
      scope: '@sonde/otel',
      points: [{ attributes: {}, value: 1 }],
    },
    {
      name: 'shop.last',
      description: '',
      unit: '',
      scope: '@sonde/otel',
      points: [{ attributes: {}, value: 5 }],
    },
  ]);
});

test('reset removes recorded telemetry; earlier tracers, loggers and instruments keep working', async () => {
  for (const round of [1, 2, 3]) {
    await using telemetry = startTesting();
    earlyTracer.startSpan('before').end();
    earlyLogger.emit({ body: 'before' });
    orders.add(10);
    await telemetry.reset();
    earlyTracer.startSpan(`after ${round}`).end();
    earlyLogger.emit({ body: `after ${round}` });
    orders.add(round);
    assert.deepEqual(
      telemetry.spans().map(({ name }) => name),
      [`after ${round}`],
    );
    assert.deepEqual(
      telemetry.logs().map(({ body }) => body),
      [`after ${round}`],
    );
    const shopOrders = (await telemetry.metrics()).find(({ name }) => name === 'shop.orders');
    assert.deepEqual(shopOrders?.points, [{ attributes: {}, value: round }]);
  }
});

test('unregisters the providers on dispose, and records nothing afterwards', () => {
  const telemetry = startTesting();
  assert.equal(earlyTracer.startSpan('during').isRecording(), true);
  telemetry[Symbol.dispose]();
  telemetry[Symbol.dispose]();
  assert.equal(earlyTracer.startSpan('after').isRecording(), false);
  earlyLogger.emit({ body: 'after' });
  assert.deepEqual(
    telemetry.logs().map(({ body }) => body),
    [],
  );
  assert.equal(trace.getTracer('fresh').startSpan('after').isRecording(), false);
  assert.deepEqual(propagation.fields(), []);

  const provider = { getMeter: metrics.getMeter.bind(metrics) };
  assert.equal(metrics.setGlobalMeterProvider(provider), true);
  metrics.disable();
});

test('throws if it is already running or another SDK is registered', () => {
  const telemetry = startTesting();
  assert.throws(() => startTesting(), SondeTestingError);
  telemetry[Symbol.dispose]();

  logs.setGlobalLoggerProvider({ getLogger: () => earlyLogger });
  try {
    assert.throws(() => startTesting(), { code: 'SONDE_TESTING', message: /an SDK is already registered/ });
    assert.equal(trace.getTracer('fresh').startSpan('x').isRecording(), false);
  } finally {
    logs.disable();
  }
  startTesting()[Symbol.dispose]();
});

test('restores log levels on dispose', () => {
  const log = getLogger('levels');
  {
    using _ = startTesting({ level: 'error' });
    assert.equal(log.isEnabled('warn'), false);
  }
  assert.equal(log.isEnabled('info'), true);
  assert.equal(log.isEnabled('debug'), false);
});
