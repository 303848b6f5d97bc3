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

/** What is told of one request, whose response `answer` gets; `told` gives it, and what comes after. */
async function following(
  t: TestContext,
  answer: (response: ServerResponse, told: readonly string[]) => void,
  count = (): void => {},
): Promise<{ told: readonly string[]; over: Promise<unknown> }> {
  const told: string[] = [];
  const { promise: over, resolve } = Promise.withResolvers();
  const server = createServer((_request, response) => {
    const span = provider.getTracer('test').startSpan('GET') as Span & SpanBase;
    const scope = span.within(ROOT_CONTEXT) as ContextWithSpan;
    const began = performance.now();
    const counted = (requests: number): void => {
      told.push(`count ${requests}`);
      count();
    };
    const inner = scope.deferRequest(response, undefined, counted, (endMs) => {
      told.push('end');
      assert.ok(endMs >= began && endMs <= performance.now());
      resolve(undefined);
    });
    assert.equal(inner, scope, 'who calls it without a server has to enter the context');
    answer(response, told);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const request = get({ port, agent: false });
  request.on('response', (response) => response.resume()).on('error', () => {});
  t.after(() => request.destroy());
  return { told, over };
}

test('a request is counted once, and then its end is told, once', async (t) => {
  const { told, over } = await following(t, (response) => response.end('ok'));
  await over;
  await provider.forceFlush();
  assert.deepEqual(told, ['count 1', 'end']);
});

test('a request that goes on is counted at the end of the turn, or before that by who collects', async (t) => {
  const { promise: seen, resolve } = Promise.withResolvers<readonly (readonly string[])[]>();
  const { over } = await following(t, (response, told) => {
    const atOnce = [...told];
    void provider.forceFlush();
    resolve([atOnce, [...told]]);
    response.end();
  });
  assert.deepEqual(await seen, [[], ['count 1']]);
  await over;

  const { promise: later, resolve: turned } = Promise.withResolvers<readonly string[]>();
  const { over: ended, told } = await following(t, (response, list) => {
    // Its own turn is over when what it has asked for comes: that was asked for before.
    setImmediate(() => {
      turned([...list]);
      response.end();
    });
  });
  assert.deepEqual(await later, ['count 1']);
  await ended;
  assert.deepEqual(told, ['count 1', 'end']);
});

test('a response that is broken off is told at once, and was counted before', async (t) => {
  const { promise: seen, resolve } = Promise.withResolvers<readonly string[]>();
  await following(t, (response, told) => {
    response.on('close', () => resolve([...told]));
    response.destroy();
  });
  assert.deepEqual(await seen, ['count 1', 'end']);
});

test('a request that cannot be counted still ends', async (t) => {
  const { told, over } = await following(
    t,
    (response) => response.end(),
    () => {
      throw new Error('no');
    },
  );
  await over;
  assert.deepEqual(told, ['count 1', 'end']);
});
