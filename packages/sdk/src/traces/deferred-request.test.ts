import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { ROOT_CONTEXT, type Span } from '@opentelemetry/api';
import type { SpanBase } from './span-base.ts';
import type { ContextWithSpan } from './span-context-layer.ts';
import { LeanTracerProvider } from './tracer-provider.ts';

const provider = new LeanTracerProvider();

/** Serves one request with `respond`, and returns the list of callbacks that were called. */
async function serveRequest(
  t: TestContext,
  respond: (response: ServerResponse, calls: readonly string[]) => void,
  count = (): void => {},
): Promise<{ calls: readonly string[]; ended: Promise<unknown> }> {
  const calls: string[] = [];
  const { promise: ended, resolve } = Promise.withResolvers();
  const server = createServer((_request, response) => {
    const span = provider.getTracer('test').startSpan('GET') as Span & SpanBase;
    const scope = span.within(ROOT_CONTEXT) as ContextWithSpan;
    const began = performance.now();
    const counted = (requests: number): void => {
      calls.push(`count ${requests}`);
      count();
    };
    const inner = scope.deferRequest(response, undefined, counted, (endMs) => {
      calls.push('end');
      assert.ok(endMs >= began && endMs <= performance.now());
      resolve(undefined);
    });
    assert.equal(inner, scope, 'without a server, the caller enters the context');
    respond(response, calls);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const request = get({ port, agent: false });
  request.on('response', (response) => response.resume()).on('error', () => {});
  t.after(() => request.destroy());
  return { calls, ended };
}

test('a request is counted once, and ends once', async (t) => {
  const { calls, ended } = await serveRequest(t, (response) => response.end('ok'));
  await ended;
  await provider.forceFlush();
  assert.deepEqual(calls, ['count 1', 'end']);
});

test('an active request is counted at the end of the turn, or earlier by a collection', async (t) => {
  const { promise: seen, resolve } = Promise.withResolvers<readonly (readonly string[])[]>();
  const { ended } = await serveRequest(t, (response, calls) => {
    const atOnce = [...calls];
    void provider.forceFlush();
    resolve([atOnce, [...calls]]);
    response.end();
  });
  assert.deepEqual(await seen, [[], ['count 1']]);
  await ended;

  const { promise: later, resolve: turned } = Promise.withResolvers<readonly string[]>();
  const { ended: lastEnded, calls } = await serveRequest(t, (response, list) => {
    // Its own turn is ended when what it has asked for comes: that was asked for before.
    setImmediate(() => {
      turned([...list]);
      response.end();
    });
  });
  assert.deepEqual(await later, ['count 1']);
  await lastEnded;
  assert.deepEqual(calls, ['count 1', 'end']);
});

test('a truncated response is recorded immediately, after it was counted', async (t) => {
  const { promise: seen, resolve } = Promise.withResolvers<readonly string[]>();
  await serveRequest(t, (response, calls) => {
    response.on('close', () => resolve([...calls]));
    response.destroy();
  });
  assert.deepEqual(await seen, ['count 1', 'end']);
});

test('a request whose counter throws still ends', async (t) => {
  const { calls, ended } = await serveRequest(
    t,
    (response) => response.end(),
    () => {
      throw new Error('no');
    },
  );
  await ended;
  assert.deepEqual(calls, ['count 1', 'end']);
});
