// Without an SDK first, then with one that comes late, goes, and comes again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metrics, trace } from '@opentelemetry/api';
import { createRouter } from './index.ts';
import { Sdk } from './testkit/sdk.ts';

test('works without an SDK, and uses an SDK that is registered later, and the next one', async () => {
  await using server = await createRouter()
    .get('/', () => String(trace.getActiveSpan() === undefined))
    .listen();
  const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  assert.equal(await (await fetch(server.url, { headers })).text(), 'true');
  for (const _ of [1, 2]) {
    const sdk = new Sdk();
    assert.equal(await (await fetch(server.url)).text(), 'false');
    assert.equal((await sdk.spans()).length, 1);
    assert.equal((await sdk.points('http.server.request.duration')).length, 1);
    trace.disable();
    await (await fetch(server.url)).text();
    const [point] = await sdk.points('http.server.request.duration');
    assert.equal(point?.value, 2, 'metrics alone are taken, too');
    metrics.disable();
    assert.equal(await (await fetch(server.url)).text(), 'true');
  }
});

test('a broken SDK does not affect the request', async () => {
  trace.setGlobalTracerProvider({
    getTracer: () => {
      throw new Error('broken');
    },
  });
  const response = await createRouter()
    .get('/', () => 'ok')
    .fetch(new Request('http://test/'));
  assert.equal(await response.text(), 'ok');
});
