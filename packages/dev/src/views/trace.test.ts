import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  exceptionAttributes,
  keyValues,
  createLogs,
  createMetrics,
  toSpanId,
  toTraceId,
  createTraces,
} from '../testing/otlp-messages.ts';
import { type Json, TestViewer } from '../testing/viewer.ts';

const base = 1_790_000_000_000;

test('a trace through two services is one waterfall with critical path, folds, gaps and log records', async () => {
  await using viewer = await TestViewer.start({ maxAgeMs: 31_536_000_000 });
  const gateway = [
    {
      trace: 1,
      span: 1,
      name: 'GET /orders/:id',
      kind: 2,
      end: 214,
      attributes: {
        'http.request.method': 'GET',
        'url.path': '/orders/17',
        'url.scheme': 'http',
        'server.address': 'localhost',
        'server.port': 8000,
        'url.query': 'a=1',
      },
    },
    { trace: 1, span: 2, parent: 1, name: 'GET', kind: 3, start: 4, end: 210 },
  ];
  const selects = Array.from({ length: 4 }, (_, index) => {
    return {
      trace: 1,
      span: 10 + index,
      parent: 3,
      name: 'SELECT items',
      kind: 3,
      start: 20 + index * 20,
      end: 38 + index * 20,
      attributes: { 'db.system.name': 'postgresql', 'db.query.summary': 'SELECT items' },
    };
  });
  const event = {
    name: 'exception',
    timeUnixNano: String(BigInt(base + 190) * 1_000_000n),
    attributes: keyValues(exceptionAttributes('TypeError', 'no cents', ['price (/app/price.js:14:22)'])),
  };
  const orders = [
    {
      trace: 1,
      span: 3,
      parent: 2,
      name: 'GET /orders/:id',
      kind: 2,
      start: 10,
      end: 205,
      error: true,
      events: [event],
    },
    ...selects,
  ];
  await viewer.send('traces', createTraces(orders, { service: 'orders', instance: 'two', base }));
  await viewer.send('traces', createTraces(gateway, { service: 'gateway', base }));
  await viewer.send(
    'logs',
    createLogs([{ body: 'pricing', trace: 1, span: 3 }], {
      service: 'orders',
      instance: 'two',
      base: base + 150,
    }),
  );
  const trace = await viewer.get(`/api/traces/${toTraceId(1)}`);
  assert.deepEqual(
    [trace.name, trace.durationMs, trace.complete, trace.error],
    ['GET /orders/:id', 214, true, true],
  );
  assert.deepEqual(trace.services.toSorted(), ['gateway', 'orders']);
  assert.deepEqual(
    trace.spans.map((span: Json) => [span.spanId, span.depth]),
    [[toSpanId(1), 0], [toSpanId(2), 1], [toSpanId(3), 2], ...selects.map(({ span }) => [toSpanId(span), 3])],
  );
  assert.equal(trace.spans[0].label, 'GET /orders/17');
  assert.deepEqual(
    trace.folds.map(({ name, count, totalMs, inSeries }: Json) => [name, count, totalMs, inSeries]),
    [['SELECT items', 4, 72, true]],
  );
  assert.deepEqual(
    trace.gaps.map(({ spanId, start, durationMs }: Json) => [spanId, start - base, durationMs]),
    [[toSpanId(3), 98, 107]],
  );
  const path = trace.criticalPath as { spanId: string; start: number; end: number }[];
  const sum = path.reduce((total, { start, end }) => total + end - start, 0);
  assert.ok(Math.abs(sum - 214) < 0.01, String(sum));
  assert.ok(path.every(({ start }, index) => index === 0 || start >= (path[index - 1]?.end ?? 0) - 0.01));
  assert.deepEqual([trace.logs[0].body, trace.logs[0].spanId], ['pricing', toSpanId(3)]);
  assert.deepEqual([trace.exceptions[0].type, trace.exceptions[0].frames[0].line], ['TypeError', 14]);
  assert.equal(trace.curl, "curl -i 'http://localhost:8000/orders/17?a=1'");
  const explained = await viewer.get('/api/explain', { trace: toTraceId(1) });
  const texts = explained.findings.map(({ text }: Json) => text).join('\n');
  assert.match(texts, /no child of this span is under way for 107 ms \(50 %\)/);
  const markdown = await (await viewer.fetch(`/api/traces/${toTraceId(1)}/markdown`)).text();
  assert.match(
    markdown,
    /# GET \/orders\/:id[\s\S]*4 x SELECT items, 72\.00 ms in all, in series[\s\S]*\*\*TypeError\*\*: no cents/,
  );
});

test('event-loop delay and garbage collection around a trace are on its time axis', async () => {
  await using viewer = await TestViewer.start({ maxAgeMs: 31_536_000_000 });
  await viewer.send(
    'traces',
    createTraces([{ trace: 1, span: 1, kind: 2, start: 500, end: 1500 }], { base }),
  );
  const at = (second: number): object => ({
    timeUnixNano: String(BigInt(base + second * 1000) * 1_000_000n),
    startTimeUnixNano: String(BigInt(base) * 1_000_000n),
  });
  const delay = [0, 1, 2, 3, 9].map((second) => Object.assign(at(second), { asDouble: second / 100 }));
  const collections = [0, 1, 2, 3].map((second) =>
    Object.assign(at(second), {
      count: String(second * 2),
      sum: second * 0.004,
      bucketCounts: [String(second * 2)],
      explicitBounds: [],
    }),
  );
  await viewer.send(
    'metrics',
    createMetrics([
      { name: 'nodejs.eventloop.delay.max', unit: 's', gauge: { dataPoints: delay } },
      {
        name: 'v8js.gc.duration',
        unit: 's',
        histogram: { aggregationTemporality: 2, dataPoints: collections },
      },
    ]),
  );
  const { runtime } = await viewer.get(`/api/traces/${toTraceId(1)}`);
  const [loop, gc] = runtime;
  assert.deepEqual(
    loop.points.map(({ from, time, value }: Json) => [from - base, time - base, value]),
    [
      [0, 1000, 0.01],
      [1000, 2000, 0.02],
    ],
  );
  assert.deepEqual(
    gc.points.map(({ from, time, value, count }: Json) => [from - base, time - base, value, count]),
    [
      [0, 1000, 0.004, 2],
      [1000, 2000, 0.004, 2],
    ],
  );
});

test('missing parents, cycles, double ids and skewed clocks are shown as what they are', async () => {
  await using viewer = await TestViewer.start({ maxAgeMs: 31_536_000_000 });
  await viewer.send(
    'traces',
    createTraces(
      [
        { trace: 1, span: 2, parent: 99, start: 5 },
        { trace: 1, span: 3, parent: 4, start: 6 },
        { trace: 1, span: 4, parent: 3, start: 7 },
        { trace: 1, span: 5, parent: 5, start: 8 },
        { trace: 1, span: 6, start: 0, end: 100 },
        { trace: 1, span: 6, start: 1, end: 100 },
        { trace: 1, span: 7, parent: 6, start: 50, end: 20 },
      ],
      { base },
    ),
  );
  await viewer.send(
    'traces',
    createTraces(
      [
        { trace: 1, span: 8, parent: 6, start: -3_600_000, end: -3_599_980 },
        { trace: 1, span: 9, parent: 8, start: -3_599_995, end: -3_599_990 },
      ],
      { base, service: 'other', instance: 'skewed' },
    ),
  );
  const { spans, complete, durationMs } = await viewer.get(`/api/traces/${toTraceId(1)}`);
  const find = (span: number): Json => spans.find((each: Json) => each.spanId === toSpanId(span));
  assert.equal(spans.length, 9);
  assert.equal(complete, false);
  assert.equal(find(2).parentMissing, true);
  assert.deepEqual([find(3).cycle, find(4).cycle, find(4).depth], [true, false, 1]);
  assert.equal(find(5).parentMissing, true);
  assert.deepEqual(
    spans.filter((each: Json) => each.spanId === toSpanId(6)).map((each: Json) => each.duplicate),
    [false, true],
  );
  assert.equal(find(7).durationMs, -30);
  assert.deepEqual([find(8).offsetMs, find(9).offsetMs], [40, 45]);
  assert.equal(find(8).start, base - 3_600_000);
  assert.equal(durationMs, 100);
});

test('a long chain and a wide trace are answered, and bounded', async () => {
  await using viewer = await TestViewer.start();
  const chain = Array.from({ length: 20_000 }, (_, index) => ({
    trace: 1,
    span: index + 1,
    ...(index > 0 && { parent: index }),
    end: 20_000 - index,
  }));
  await viewer.send('traces', createTraces(chain));
  const trace = await viewer.get(`/api/traces/${toTraceId(1)}`);
  assert.equal(trace.spans.length, 20_000);
  assert.equal(trace.spans.at(-1).depth, 19_999);
  const some = await viewer.get(`/api/traces/${toTraceId(1)}`, { limit: 10 });
  assert.deepEqual([some.spans.length, some.more, some.complete], [10, true, false]);
});

test('an unknown trace or span is not found', async () => {
  await using viewer = await TestViewer.start();
  for (const path of [
    `/api/traces/${toTraceId(1)}`,
    `/api/traces/${toTraceId(1)}/otlp`,
    '/api/traces/x/spans/y',
    '/api/errors/none',
    '/api/metrics/1',
    '/api/logs/1/context',
    '/api/nothing',
  ]) {
    const response = await viewer.fetch(path);
    assert.equal(response.status, 404, path);
  }
});
