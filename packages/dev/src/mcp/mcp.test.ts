import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { createLogs, createMetrics, toTraceId, createTraces } from '../testing/otlp-messages.ts';
import { type Json, TestViewer } from '../testing/viewer.ts';

async function connect(url: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
  return client;
}

test('an agent lists requests, reads a trace, searches logs, asks a metric and learns why a request is slow', async (t) => {
  await using viewer = await TestViewer.start();
  const queries = Array.from({ length: 8 }, (_, index) => {
    return {
      trace: 1,
      span: 10 + index,
      parent: 1,
      name: 'SELECT items',
      kind: 3,
      start: 10 * index,
      end: 10 * index + 9,
    };
  });
  const entry = { trace: 1, span: 1, name: 'GET /feed', kind: 2, end: 90 };
  const attributes = {
    'http.request.method': 'GET',
    'http.route': '/feed',
    'http.response.status_code': 200,
  };
  await viewer.send('traces', createTraces([{ ...entry, attributes }, ...queries]));
  const plain = { 'http.request.method': 'GET', 'url.path': '/plain', 'http.response.status_code': 200 };
  await viewer.send(
    'traces',
    createTraces([{ trace: 2, span: 1, name: 'GET', kind: 2, end: 5, attributes: plain }]),
  );
  await viewer.send('logs', createLogs([{ body: 'cache is cold', severity: 13, trace: 1 }]));
  const point = { timeUnixNano: String(BigInt(Date.now()) * 1_000_000n), asInt: '7' };
  await viewer.send(
    'metrics',
    createMetrics([{ name: 'queue.size', unit: '{job}', gauge: { dataPoints: [point] } }]),
  );

  const client = await connect(viewer.url);
  t.after(() => client.close());
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map(({ name }) => name).toSorted(), [
    'explain_slow',
    'get_trace',
    'list_requests',
    'query_metric',
    'search_logs',
  ]);
  const call = async (name: string, given: Record<string, unknown>): Promise<Json> => {
    const result = (await client.callTool({ name, arguments: given })) as Json;
    return { text: result.content[0].text, data: result.structuredContent, isError: result.isError };
  };
  const listed = await call('list_requests', { query: 'route="/feed"' });
  assert.match(listed.text, /200 GET \/feed 90\.0 ms, shop, 9 spans/);
  assert.equal(listed.data.items[0].traceId, toTraceId(1));
  assert.match((await call('list_requests', { query: 'url.path=/plain' })).text, /200 GET \/plain 5\.0 ms/);
  assert.match(
    (await call('get_trace', { traceId: toTraceId(1) })).text,
    /8 x SELECT items, 72\.00 ms in all, in series/,
  );
  assert.match(
    (await call('search_logs', { query: 'level>=warn' })).text,
    /warn shop: cache is cold \(trace 0+1\)/,
  );
  assert.match((await call('query_metric', { name: 'queue.size' })).text, /\{\}: value 7/);
  assert.match((await call('query_metric', {})).text, /queue\.size \(gauge, \{job\}\)/);
  assert.match(
    (await call('explain_slow', { query: 'route="/feed"' })).text,
    /8 x "SELECT items" in series take 72 ms/,
  );

  const wrong = await call('list_requests', { query: 'duration>' });
  assert.equal(wrong.isError, true);
  assert.match(wrong.text, /cannot be read: expected a value after "duration>"/);
  assert.equal((await call('query_metric', { name: 'no.such' })).isError, true);
});

test('another host or origin does not reach the endpoint for agents', async () => {
  await using viewer = await TestViewer.start();
  const response = await viewer.fetch(
    '/mcp',
    {},
    {
      method: 'POST',
      headers: { origin: 'http://evil.example', 'content-type': 'application/json' },
      body: '{}',
    },
  );
  assert.equal(response.status, 403);
});
