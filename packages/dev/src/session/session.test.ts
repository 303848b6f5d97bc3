import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { createLogs, createMetrics, toTraceId, createTraces } from '../testing/otlp-messages.ts';
import { type Json, TestViewer } from '../testing/viewer.ts';

/** Something of each signal, with values that are hard to keep. */
const traces = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 'lib', version: '2.0', attributes: [{ key: 'a', value: { intValue: '1' } }] },
          spans: [
            {
              traceId: toTraceId(1),
              spanId: '00000000000000aa',
              parentSpanId: '00000000000000bb',
              traceState: 'a=b',
              flags: 257,
              name: 'work',
              kind: 3,
              startTimeUnixNano: '1790000000000000123',
              endTimeUnixNano: '1790000000500000456',
              attributes: [
                { key: 'big', value: { intValue: '9223372036854775807' } },
                { key: 'double', value: { doubleValue: 5 } },
                { key: 'bytes', value: { bytesValue: 'AAEC' } },
                {
                  key: 'list',
                  value: {
                    arrayValue: { values: [{ intValue: '1' }, { doubleValue: 2 }, { stringValue: 'x' }] },
                  },
                },
                {
                  key: 'map',
                  value: { kvlistValue: { values: [{ key: 'k', value: { boolValue: true } }] } },
                },
                { key: 'empty', value: {} },
                { key: '__proto__', value: { stringValue: 'kept' } },
              ],
              droppedAttributesCount: 2,
              events: [
                {
                  timeUnixNano: '1790000000100000001',
                  name: 'e',
                  attributes: [{ key: 'n', value: { doubleValue: 1 } }],
                },
              ],
              links: [{ traceId: toTraceId(2), spanId: '00000000000000cc', attributes: [], flags: 1 }],
              status: { code: 2, message: 'no' },
            },
          ],
          schemaUrl: 'https://example.com/scope',
        },
      ],
      schemaUrl: 'https://example.com/resource',
    },
  ],
};
const logs = {
  resourceLogs: [
    {
      resource: { attributes: [] },
      scopeLogs: [
        {
          scope: { name: 'logger', attributes: [] },
          logRecords: [
            {
              timeUnixNano: '1790000000000000001',
              observedTimeUnixNano: '1790000000000000002',
              severityNumber: 13,
              severityText: 'WARN',
              body: { kvlistValue: { values: [{ key: 'n', value: { doubleValue: 3 } }] } },
              attributes: [],
              flags: 1,
              traceId: toTraceId(1),
              spanId: '00000000000000aa',
              eventName: 'ev',
            },
          ],
        },
      ],
    },
  ],
};
const times = { startTimeUnixNano: '1790000000000000000', timeUnixNano: '1790000001000000007' };
const metrics = {
  resourceMetrics: [
    {
      resource: { attributes: [] },
      scopeMetrics: [
        {
          scope: { name: 'meter', attributes: [] },
          metrics: [
            {
              name: 'a',
              unit: '1',
              description: 'A.',
              sum: {
                dataPoints: [
                  {
                    attributes: [{ key: 'k', value: { stringValue: 'v' } }],
                    ...times,
                    asInt: '9223372036854775807',
                  },
                ],
                aggregationTemporality: 2,
                isMonotonic: true,
              },
            },
            {
              name: 'h',
              unit: 's',
              description: '',
              histogram: {
                dataPoints: [
                  {
                    attributes: [],
                    ...times,
                    count: '3',
                    sum: 1.5,
                    min: 0.1,
                    max: 1,
                    bucketCounts: ['1', '2'],
                    explicitBounds: [0.5],
                  },
                ],
                aggregationTemporality: 1,
              },
            },
            {
              name: 'e',
              unit: '',
              description: '',
              exponentialHistogram: {
                dataPoints: [
                  {
                    attributes: [],
                    ...times,
                    count: '3',
                    sum: 9,
                    scale: 3,
                    zeroCount: '0',
                    positive: { offset: -2, bucketCounts: ['1', '2'] },
                  },
                ],
                aggregationTemporality: 2,
              },
            },
          ],
        },
      ],
    },
  ],
};

async function exported(viewer: TestViewer): Promise<Json[]> {
  const text = await (await viewer.fetch('/api/export')).text();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('an exported session equals what was sent, and so does one that was imported', async () => {
  await using viewer = await TestViewer.start({ maxAgeMs: 10 * 365 * 86_400_000 });
  await viewer.send('traces', traces);
  await viewer.send('logs', logs);
  await viewer.send('metrics', metrics);
  const lines = await exported(viewer);
  assert.deepEqual(lines[0], traces);
  assert.deepEqual(lines[1], logs);
  const series = lines.slice(2).flatMap((line) => line.resourceMetrics[0].scopeMetrics[0].metrics);
  assert.deepEqual(series, metrics.resourceMetrics[0]?.scopeMetrics[0]?.metrics);

  await using other = await TestViewer.start({ maxAgeMs: 10 * 365 * 86_400_000 });
  const body = gzipSync([...lines.map((line) => JSON.stringify(line)), '', 'no json', '{"x":1}'].join('\n'));
  const response = await other.fetch(
    '/api/import',
    {},
    { method: 'POST', headers: { 'content-encoding': 'gzip' }, body },
  );
  const result = (await response.json()) as Json;
  assert.deepEqual([result.spans, result.logs, result.points], [1, 1, 3]);
  assert.deepEqual(
    result.errors.map(({ line }: Json) => line),
    [7, 8],
  );
  assert.deepEqual(await exported(other), lines);
});

test('live events say what is new, and fetching from the held cursor gives just that', async () => {
  await using viewer = await TestViewer.start();
  const controller = new AbortController();
  const response = await viewer.fetch('/api/live', {}, { signal: controller.signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  let text = '';
  const events: { event: string; data: Json }[] = [];
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const next = async (wanted: string): Promise<Json> => {
    for (;;) {
      const found = events.findIndex(({ event }) => event === wanted);
      if (found !== -1) return events.splice(0, found + 1).at(-1)?.data;
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error(`ended before ${wanted}`);
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event] = /^event: (.*)$/m.exec(block) ?? [];
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (event !== undefined && data !== undefined) events.push({ event, data: JSON.parse(data) });
      }
    }
  };
  assert.equal((await next('hello')).store.spans, 0);
  await viewer.send(
    'traces',
    createTraces([
      { trace: 1, span: 1, kind: 2 },
      { trace: 1, span: 2, parent: 1 },
    ]),
  );
  const change = await next('change');
  assert.deepEqual(
    [change.spans, change.requests, change.traceIds, change.services],
    [2, 1, [toTraceId(1)], ['shop']],
  );
  await viewer.send('traces', createTraces([{ trace: 2, span: 3, kind: 2 }]));
  await next('change');
  const { items } = await viewer.get('/api/requests', { after: change.lastRequestId });
  assert.deepEqual(
    items.map((item: Json) => item.traceId),
    [toTraceId(2)],
  );
  await viewer.fetch('/api/clear', {}, { method: 'POST' });
  assert.deepEqual(await next('cleared'), {});
  assert.equal((await next('status')).store.spans, 0);
  controller.abort();
});

test('while paused senders are answered and nothing is stored; clear removes everything', async () => {
  await using viewer = await TestViewer.start();
  await viewer.send('logs', createLogs([{ body: 'before' }]));
  const post = async (path: string): Promise<Json> =>
    (await viewer.fetch(path, {}, { method: 'POST' })).json();
  assert.equal((await post('/api/pause')).paused, true);
  await viewer.send('logs', createLogs([{ body: 'while paused' }]));
  const resumed = await post('/api/resume');
  assert.deepEqual(
    [resumed.paused, resumed.store.logs, resumed.store.discardedWhilePaused.logs],
    [false, 1, 1],
  );
  await viewer.send('logs', createLogs([{ body: 'after' }]));
  await viewer.send('metrics', createMetrics([{ name: 'm', gauge: { dataPoints: [{ asDouble: 1 }] } }]));
  assert.deepEqual(
    (await viewer.get('/api/logs')).items.map(({ body }: Json) => body),
    ['after', 'before'],
  );
  assert.equal((await post('/api/clear')).store.logs, 0);
  for (const path of ['/api/logs', '/api/requests', '/api/metrics', '/api/errors']) {
    assert.deepEqual((await viewer.get(path)).items, [], path);
  }
  await viewer.send('logs', createLogs([{ body: 'anew' }]));
  assert.deepEqual((await viewer.get('/api/logs', { q: 'anew' })).items.length, 1);
});

test('a Collector gets what arrives, byte for byte, and a missing one holds nobody up', async (t) => {
  const bodies: Buffer[] = [];
  const collector = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk)).on('end', () => response.end('{}'));
  }).listen(0, '127.0.0.1');
  t.after(() => collector.close());
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  const request = createTraces([{ trace: 1, span: 1 }]);
  {
    await using viewer = await TestViewer.start({ forward: `http://127.0.0.1:${port}` });
    await viewer.send('traces', request);
    await viewer.server.session.forwarder?.flush();
    assert.deepEqual((await viewer.get('/api/status')).forward.sent, 1);
  }
  assert.deepEqual(JSON.parse(String(Buffer.concat(bodies))), request);
  collector.close();
  await using alone = await TestViewer.start({ forward: `http://127.0.0.1:${port}` });
  await alone.send('traces', request);
  await setImmediate();
  assert.equal((await alone.get('/api/status')).store.spans, 1);
});
