import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import { W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';

// The limits of W3C Trace Context and W3C Baggage, which the propagators of the set-up are trusted to hold.

const traceContext = new W3CTraceContextPropagator();
const baggage = new W3CBaggagePropagator();
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

type Headers = Record<string, string | string[]>;

function extracted(propagator: typeof traceContext | typeof baggage, headers: Headers): Context {
  return propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
}

function injected(propagator: typeof traceContext | typeof baggage, context: Context): Headers {
  const headers: Headers = {};
  propagator.inject(context, headers, defaultTextMapSetter);
  return headers;
}

const members = (count: number, length = 0): string =>
  Array.from({ length: count }, (_each, index) => `k${index}=${'v'.repeat(length)}${index}`).join(',');

const readTraceState = (tracestate: string | string[]): string => {
  const context = extracted(traceContext, { traceparent, tracestate });
  return trace.getSpanContext(context)?.traceState?.serialize() ?? '';
};

const taken = (header: string | string[]) =>
  propagation.getBaggage(extracted(baggage, { baggage: header }))?.getAllEntries() ?? [];

const sent = (count: number, length: number): string => {
  const entries = Array.from({ length: count }, (_each, index) => [
    `k${index}`,
    { value: 'v'.repeat(length) },
  ]);
  const context = propagation.setBaggage(
    ROOT_CONTEXT,
    propagation.createBaggage(Object.fromEntries(entries)),
  );
  return String(injected(baggage, context)['baggage'] ?? '');
};

test('tracestate is propagated up to 32 members and 512 characters', () => {
  const allowed = members(32);
  assert.equal(readTraceState(allowed), allowed);
  assert.equal(readTraceState(members(40)).split(',').length, 32);
  const long = readTraceState(members(10, 100));
  assert.ok(long.length > 400 && long.length <= 512, `${long.length}`);
  assert.ok(readTraceState(`a=${'x'.repeat(257)},b=1`).length <= 512);
});

test('invalid tracestate members are dropped', () => {
  assert.equal(readTraceState('ok=1,UPPER=2,no value,=3,tenant@system=4,a=b=c'), 'ok=1,tenant@system=4');
  assert.equal(readTraceState(['a=1', 'b=2']), 'a=1,b=2');
});

test('an invalid traceparent starts a new trace', () => {
  const wrong = [
    '',
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    `${traceparent}-more`,
    'x'.repeat(100_000),
  ];
  for (const each of wrong) {
    assert.equal(trace.getSpanContext(extracted(traceContext, { traceparent: each })), undefined, each);
  }
  const context = extracted(traceContext, { traceparent, tracestate: 'a=1' });
  assert.equal(trace.getSpanContext(context)?.isRemote, true);
  assert.deepEqual(injected(traceContext, context), { traceparent, tracestate: 'a=1' });
});

test('baggage is extracted up to 180 members and 8192 bytes', () => {
  assert.equal(taken(members(180)).length, 180);
  assert.equal(taken(members(500)).length, 180);
  const bytes = (entries: ReturnType<typeof taken>) =>
    entries.reduce((sum, [key, { value }]) => sum + key.length + value.length + 2, -1);
  assert.ok(bytes(taken(members(100, 200))) <= 8192);
  assert.ok(bytes(taken([members(20, 200), members(60, 200)])) <= 8192);
  assert.deepEqual(
    taken(`big=${'v'.repeat(5000)},small=1`).map(([key]) => key),
    ['small'],
    'a member of more than 4096 bytes is left out',
  );
  assert.deepEqual(
    taken('a=1,%zz=2,b,=3, c = 4 ;p=1').map(([key]) => key),
    ['a', 'c'],
  );
});

test('baggage is injected up to 180 members and 8192 bytes', () => {
  assert.equal(sent(500, 1).split(',').length, 180);
  const long = sent(100, 200);
  assert.ok(long.length > 7000 && long.length <= 8192, `${long.length}`);
  assert.equal(sent(1, 5000), '');
});
