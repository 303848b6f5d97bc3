import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  exceptionAttributes,
  createLogs,
  createMetrics,
  toTraceId,
  createTraces,
} from '../testing/otlp-messages.ts';
import { type Json, TestViewer } from '../testing/viewer.ts';

const http = (method: string, route: string, code: number): Record<string, string | number> => ({
  'http.request.method': method,
  'http.route': route,
  'http.response.status_code': code,
});

test('routes have rate, errors, percentiles and a sparkline; their query lists their requests', async () => {
  await using viewer = await TestViewer.start();
  const requests = Array.from({ length: 20 }, (_, index) => ({
    trace: index + 1,
    span: index + 1,
    kind: 2,
    name: 'GET /feed',
    end: index + 1,
    error: index === 19,
    attributes: http('GET', '/feed', index === 19 ? 500 : 200),
  }));
  await viewer.send('traces', createTraces([...requests, { trace: 99, span: 99, name: 'nightly job' }]));
  const { items, total, windowMs } = await viewer.get('/api/routes', { window: '1m' });
  const [feed, job] = items;
  assert.deepEqual(
    [feed.route, feed.method, feed.count, feed.errors, feed.errorRatio],
    ['/feed', 'GET', 20, 1, 0.05],
  );
  assert.deepEqual([feed.p50Ms, feed.p95Ms, feed.maxMs, feed.rate], [10, 19, 20, 20 / 60]);
  assert.equal(
    feed.sparkline.counts.reduce((sum: number, count: number) => sum + count, 0),
    20,
  );
  assert.deepEqual([job.route, job.method, job.kind], ['nightly job', null, 'internal']);
  assert.deepEqual([total.count, windowMs], [21, 60_000]);
  assert.equal((await viewer.get('/api/requests', { q: feed.query, limit: 1000 })).items.length, 20);
  assert.equal((await viewer.get('/api/requests', { q: job.query })).items.length, 1);
});

test('lists are paged by their ids', async () => {
  await using viewer = await TestViewer.start();
  await viewer.send(
    'traces',
    createTraces(Array.from({ length: 5 }, (_, index) => ({ trace: index + 1, span: 1, kind: 2 }))),
  );
  const first = await viewer.get('/api/requests', { limit: 2 });
  assert.deepEqual([first.items.map((item: Json) => item.id), first.more], [[5, 4], true]);
  const second = await viewer.get('/api/requests', { limit: 3, before: 4 });
  assert.deepEqual([second.items.map((item: Json) => item.id), second.more], [[3, 2, 1], false]);
  const newer = await viewer.get('/api/requests', { after: 3, order: 'asc' });
  assert.deepEqual(
    newer.items.map((item: Json) => item.id),
    [4, 5],
  );
  const wrong = await viewer.fetch('/api/requests', { limit: 'many' });
  assert.deepEqual([wrong.status, ((await wrong.json()) as Json).parameter], [400, 'limit']);
});

test('log records have context, facets and a histogram', async () => {
  await using viewer = await TestViewer.start();
  const records = Array.from({ length: 10 }, (_, index) => ({
    body: `line ${index}`,
    severity: index === 5 ? 17 : 9,
  }));
  const base = Date.now() - 1000;
  await viewer.send('logs', createLogs(records, { base }));
  await viewer.send('logs', createLogs([{ body: 'of another' }], { service: 'other', instance: 'two' }));
  const {
    items: [failed],
  } = await viewer.get('/api/logs', { q: 'level=error' });
  const { before, item, after } = await viewer.get(`/api/logs/${failed.id}/context`, { lines: 2 });
  const bodies = [...before, item, ...after].map(({ body }: Json) => body);
  assert.deepEqual(bodies, ['line 3', 'line 4', 'line 5', 'line 6', 'line 7']);
  const facets = await viewer.get('/api/logs/facets');
  assert.deepEqual(facets.levels, [
    { value: 'info', count: 10 },
    { value: 'error', count: 1 },
  ]);
  assert.deepEqual(facets.services, [
    { value: 'shop', count: 10 },
    { value: 'other', count: 1 },
  ]);
  const { buckets } = await viewer.get('/api/logs/histogram', { window: '1m' });
  const errors = buckets.reduce((sum: number, { counts }: Json) => sum + (counts.error ?? 0), 0);
  assert.equal(errors, 1);
  await viewer.send('logs', createLogs([{ body: 'sent late' }], { base: base + 3.5 }));
  const later = await viewer.get(`/api/logs/${failed.id}/context`, { lines: 2 });
  assert.deepEqual(
    later.before.map(({ body }: Json) => body),
    ['sent late', 'line 4'],
  );
});

test('sums have rates without a negative one after a restart, histograms quantiles, a heat map and exemplars', async () => {
  await using viewer = await TestViewer.start();
  const now = Date.now();
  const at = (second: number): string => String(BigInt(now - 60_000 + second * 1000) * 1_000_000n);
  const counter = [10, 20, 40, 5].map((value, second) => ({
    timeUnixNano: at(second),
    startTimeUnixNano: at(second === 3 ? 2 : 0),
    asInt: String(value),
    attributes: [{ key: 'queue', value: { stringValue: 'mail' } }],
  }));
  const histogram = [1, 2].map((times) => ({
    timeUnixNano: at(times),
    startTimeUnixNano: at(0),
    count: String(10 * times),
    sum: 2 * times,
    bucketCounts: [5 * times, 4 * times, times].map(String),
    explicitBounds: [0.1, 0.5],
    exemplars: [
      { timeUnixNano: at(times), asDouble: 0.7, traceId: toTraceId(5), spanId: '00000000000000aa' },
    ],
  }));
  const exponential = [1, 2].map((times) => ({
    timeUnixNano: at(times),
    startTimeUnixNano: at(0),
    count: String(4 * times),
    sum: 12 * times,
    scale: 0,
    zeroCount: String(times),
    positive: { offset: 0, bucketCounts: [times, 2 * times].map(String) },
  }));
  await viewer.send(
    'metrics',
    createMetrics([
      {
        name: 'jobs',
        unit: '{job}',
        sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: counter },
      },
      {
        name: 'http.server.request.duration',
        unit: 's',
        histogram: { aggregationTemporality: 2, dataPoints: histogram },
      },
      {
        name: 'sizes',
        unit: 'By',
        exponentialHistogram: { aggregationTemporality: 2, dataPoints: exponential },
      },
      { name: 'jobs', unit: 's', gauge: { dataPoints: [{ timeUnixNano: at(0), asDouble: 1 }] } },
      { name: 'volumes', unit: 'TiBy', gauge: { dataPoints: [{ timeUnixNano: at(0), asDouble: 1 }] } },
    ]),
  );
  const { items } = await viewer.get('/api/metrics');
  const [duration, jobs, , sizes] = items;
  assert.deepEqual(
    items.map((item: Json) => item.prometheusName),
    [
      'http_server_request_duration_seconds',
      'jobs_total',
      'jobs_seconds',
      'sizes_bytes',
      'volumes_tebibytes',
    ],
  );
  assert.match(jobs.conflict, /"jobs" is a sum in "\{job\}" by "test" and a gauge in "s"/);
  const sum = await viewer.get(`/api/metrics/${jobs.id}`, { window: '2m', step: '1s', by: 'queue' });
  assert.deepEqual(sum.series[0].attributes, { queue: 'mail' });
  const rates = sum.series[0].points.map((point: Json) => point.rate * (sum.stepMs / 1000));
  assert.deepEqual(rates.map(Math.round), [10, 10, 20, 5]);
  const details = await viewer.get(`/api/metrics/${duration.id}`, { window: '2m', step: '1s' });
  const [point] = details.series[0].points;
  assert.deepEqual([point.count, point.sum, point.mean, point.p50], [10, 2, 0.2, 0.1]);
  assert.deepEqual(
    [details.heatmap.bounds, details.heatmap.counts],
    [
      [0.1, 0.5],
      [
        [5, 4, 1],
        [5, 4, 1],
      ],
    ],
  );
  assert.deepEqual([details.exemplars.length, details.exemplars[0].traceId], [2, toTraceId(5)]);
  const exponentials = await viewer.get(`/api/metrics/${sizes.id}`, { window: '2m', step: '1s' });
  assert.deepEqual(
    [exponentials.heatmap.bounds, exponentials.heatmap.counts],
    [
      [0, 2, 4],
      [
        [1, 1, 2, 0],
        [1, 1, 2, 0],
      ],
    ],
  );
});

test('the first point of a series counts when it began in the window, or after others of its sender', async () => {
  await using viewer = await TestViewer.start();
  const now = Date.now();
  const at = (secondsAgo: number): string => String(BigInt(now - secondsAgo * 1000) * 1_000_000n);
  const point = (secondsAgo: number, route: string, count: number): object => ({
    timeUnixNano: at(secondsAgo),
    startTimeUnixNano: at(7200),
    count: String(count),
    sum: count,
    bucketCounts: [String(count)],
    attributes: [{ key: 'route', value: { stringValue: route } }],
  });
  const dataPoints = [point(30, 'old', 1000), point(20, 'old', 1001), point(20, 'new', 1)];
  await viewer.send(
    'metrics',
    createMetrics([{ name: 'duration', histogram: { aggregationTemporality: 2, dataPoints } }]),
  );
  const [{ id }] = (await viewer.get('/api/metrics')).items;
  const { series } = await viewer.get(`/api/metrics/${id}`, { window: '5m' });
  assert.deepEqual(
    series.map(({ attributes, points }: Json) => [attributes.route, points.map(({ count }: Json) => count)]),
    [
      ['old', [1]],
      ['new', [1]],
    ],
  );
});

test('exceptions are grouped by type and functions, not by lines, and count once a trace', async () => {
  await using viewer = await TestViewer.start();
  const thrown = (line: number, message: string): Record<string, string> =>
    exceptionAttributes('TypeError', message, [
      `price (/app/src/price.js:${line}:22)`,
      'node:internal/process:1:1',
    ]);
  const event = (line: number, message: string, agoMs = 0): object => ({
    name: 'exception',
    timeUnixNano: String(BigInt(Date.now() - agoMs) * 1_000_000n),
    attributes: Object.entries(thrown(line, message)).map(([key, stringValue]) => ({
      key,
      value: { stringValue },
    })),
  });
  const failing = { span: 1, kind: 2, error: true, attributes: http('GET', '/orders/:id', 500) };
  await viewer.send(
    'traces',
    createTraces([
      { ...failing, trace: 1, events: [event(14, 'no cents of 17', 30_000)] },
      { ...failing, trace: 2, events: [event(19, 'no cents of 18')] },
    ]),
  );
  await viewer.send(
    'logs',
    createLogs([
      { body: 'failed', severity: 17, trace: 1, span: 1, attributes: thrown(14, 'no cents of 17') },
    ]),
  );
  const other = exceptionAttributes('TypeError', 'x', ['pay (/app/src/pay.js:1:1)']);
  await viewer.send(
    'logs',
    createLogs([{ body: 'crashed', severity: 21, event: 'sonde.crash', attributes: other }]),
  );
  const { items } = await viewer.get('/api/errors', { sort: 'count' });
  assert.deepEqual(
    items.map(({ count, traces, handled }: Json) => [count, traces, handled]),
    [
      [2, 2, true],
      [1, 0, false],
    ],
  );
  assert.deepEqual(
    [items[0].culprit.function, items[0].culprit.line, items[0].routes],
    ['price', 19, ['/orders/:id']],
  );
  assert.equal(
    items[0].sparkline.filter((count: number) => count > 0).length,
    2,
    'errors half a minute apart are in two buckets',
  );
  const group = await viewer.get(`/api/errors/${items[0].fingerprint}`);
  assert.deepEqual(
    group.occurrences.map((each: Json) => each.traceId),
    [toTraceId(2), toTraceId(1)],
  );
  assert.equal(group.exception.frames[0].inApp, true);
  assert.equal(group.exception.frames[1].inApp, false);
  assert.equal((await viewer.get('/api/errors', { q: 'route="/orders/:id"' })).items.length, 1);
  const {
    items: [log],
  } = await viewer.get('/api/logs', { q: 'failed' });
  assert.equal(log.exception.fingerprint, items[0].fingerprint);
});

test('services have instances, edges between them and to databases', async () => {
  await using viewer = await TestViewer.start();
  await viewer.send(
    'traces',
    createTraces(
      [
        { trace: 1, span: 1, kind: 2, name: 'GET /' },
        { trace: 1, span: 2, parent: 1, kind: 3, attributes: http('GET', '', 200) },
      ],
      { service: 'gateway' },
    ),
  );
  for (const instance of ['a', 'b']) {
    const first = instance === 'a' ? 3 : 5;
    await viewer.send(
      'traces',
      createTraces(
        [
          { trace: 1, span: first, parent: 2, kind: 2 },
          {
            trace: 1,
            span: first + 1,
            parent: first,
            kind: 3,
            attributes: { 'db.system.name': 'postgresql' },
          },
        ],
        { service: 'orders', instance },
      ),
    );
  }
  const { services, edges, externals } = await viewer.get('/api/services');
  assert.deepEqual(
    services.map(({ name, instances }: Json) => [name, instances.length]),
    [
      ['gateway', 1],
      ['orders', 2],
    ],
  );
  const calls = edges.map(({ from, to, kind, count, external }: Json) => [from, to, kind, count, external]);
  assert.deepEqual(calls, [
    ['gateway', 'orders', 'http', 2, false],
    ['orders', 'postgresql', 'db', 2, true],
  ]);
  assert.deepEqual(externals, [{ name: 'postgresql', kind: 'db' }]);
});

test('the health of the telemetry names drops, queues and failures of each process', async () => {
  await using viewer = await TestViewer.start();
  const point = (value: number, attributes: object[] = []): object => ({
    timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
    asInt: String(value),
    attributes,
  });
  const failed = [{ key: 'error.type', value: { stringValue: 'queue_full' } }];
  await viewer.send(
    'metrics',
    createMetrics([
      {
        name: 'otel.sdk.processor.span.processed',
        sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point(100), point(7, failed)] },
      },
      {
        name: 'otel.sdk.exporter.span.exported',
        sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point(93)] },
      },
      {
        name: 'otel.sdk.processor.span.queue.size',
        sum: { aggregationTemporality: 2, dataPoints: [point(5)] },
      },
    ]),
  );
  const {
    instances: [instance],
  } = await viewer.get('/api/health');
  assert.deepEqual([instance.exported.spans, instance.dropped.spans, instance.queue.spans.size], [93, 7, 5]);
  assert.deepEqual(
    instance.findings.map(({ code }: Json) => code),
    ['QUEUE_FULL'],
  );
  assert.deepEqual(
    instance.scopes.map(({ name, instruments }: Json) => [name, instruments]),
    [['test', 3]],
  );
});

test('keys and values complete a query', async () => {
  await using viewer = await TestViewer.start();
  await viewer.send(
    'traces',
    createTraces([
      { trace: 1, span: 1, kind: 2, attributes: { ...http('GET', '/orders/:id', 200), 'user.id': 'ada' } },
    ]),
  );
  const { items } = await viewer.get('/api/attributes', { signal: 'spans', prefix: 'user' });
  assert.deepEqual(items, [{ key: 'user.id', type: 'string', count: 1 }]);
  const values = async (key: string, prefix = ''): Promise<Json[]> =>
    (await viewer.get('/api/attributes/values', { signal: 'spans', key, prefix })).items.map(
      ({ value }: Json) => value,
    );
  assert.deepEqual(await values('user.id'), ['ada']);
  assert.deepEqual(await values('route', '/o'), ['/orders/:id']);
  assert.deepEqual(await values('service'), ['shop']);
  assert.deepEqual(await values('kind', 's'), ['server']);
  assert.deepEqual(await values('resource.host.name'), ['test']);
});
