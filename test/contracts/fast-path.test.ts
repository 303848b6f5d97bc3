import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { type Context, context, createNoopMeter, type Meter, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { createRouter } from '@sonde/router';
import {
  attributeParts,
  enableContextEntry,
  type FastContext,
  type FastSpan,
  type LeanSpan,
  LeanTracerProvider,
} from '@sonde/sdk';
import type * as router from '../../packages/router/src/telemetry/fast-path.ts';

type Expect<True extends true> = True;
type AllRequired<Optional> = { [Name in keyof Optional]-?: Optional[Name] };

/** Does not compile when a method that the router calls is missing on the SDK's side, or has another signature. */
export type Contract = [
  Expect<LeanSpan extends AllRequired<router.FastSpan> ? true : false>,
  Expect<FastSpan extends Pick<AllRequired<router.FastSpan>, keyof FastSpan> ? true : false>,
  Expect<Context & FastContext extends AllRequired<router.FastContext> ? true : false>,
];

/** A meter whose up-down counters append to a list. */
function recordingMeter(counted: number[]): Meter {
  const counter = { add: (value: number) => void counted.push(value) };
  return Object.assign(Object.create(createNoopMeter()) as Meter, { createUpDownCounter: () => counter });
}

test('the router uses the fast paths of the SDK', async (t) => {
  const ended: ReadableSpan[] = [];
  const spanEnded = new EventEmitter();
  const provider = new LeanTracerProvider({
    spanProcessors: [
      {
        onStart: () => {},
        onEnd: (span) => {
          ended.push(span);
          spanEnded.emit('end');
        },
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
  const counted: number[] = [];
  const meter = recordingMeter(counted);
  const manager = new AsyncLocalStorageContextManager().enable();
  enableContextEntry(manager);
  context.setGlobalContextManager(manager);
  trace.setGlobalTracerProvider(provider);
  metrics.setGlobalMeterProvider({ getMeter: () => meter });
  t.after(() => {
    context.disable();
    trace.disable();
    metrics.disable();
  });

  const seen: { active?: Context; counted?: readonly number[] } = {};
  const app = createRouter().get('/users/:id', () => {
    seen.active = context.active();
    seen.counted = [...counted];
    return 'ok';
  });
  const server = await app.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => server.close());
  // The SDK adopts the attributes once it knows that the router's initial ones never change.
  for (let request = 0; request < 20; request++) {
    counted.length = 0;
    const end = once(spanEnded, 'end');
    const [response] = (await once(get({ port: server.port, path: '/users/42' }), 'response')) as [
      IncomingMessage,
    ];
    response.resume();
    await end;
  }

  assert.equal(typeof (seen.active as Context & Partial<FastContext>).deferRequest, 'function', 'within');
  assert.deepEqual(seen.counted, [], 'deferRequest: the request is not yet counted when the handler runs');
  assert.deepEqual(counted, [1, -1]);
  const last = ended.at(-1) as ReadableSpan;
  assert.equal(attributeParts(last)?.adoptedAttributes?.['url.path'], '/users/42', 'adopt');
});
