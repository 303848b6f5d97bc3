import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Context,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
  type Span,
  trace,
} from '@opentelemetry/api';
import { getRPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core';
import { HttpServerContext } from './http-context.ts';

const createSpan = (digit: string): Span =>
  trace.wrapSpanContext({ traceId: digit.repeat(32), spanId: digit.repeat(16), traceFlags: 1 });
const [first, second] = [createSpan('1'), createSpan('2')];
const key = createContextKey('of the application');
const baggage = propagation.createBaggage({ tenant: { value: 'acme' } });

type Step = (context: Context) => Context;

const steps: readonly Step[] = [
  (context) => context,
  (context) => trace.setSpan(context, second),
  (context) => trace.deleteSpan(context),
  (context) => setRPCMetadata(context, { type: RPCType.HTTP, route: '/other', span: second }),
  (context) => context.setValue(key, 'value'),
  (context) => context.setValue(key, 'value').deleteValue(key),
  (context) => propagation.deleteBaggage(context),
  (context) => trace.setSpan(context.setValue(key, 'below'), second).setValue(key, 'above'),
];

const seen = (context: Context): unknown[] => [
  trace.getSpan(context),
  getRPCMetadata(context),
  context.getValue(key),
  propagation.getBaggage(context),
];

test('a context of a request returns the values of an upstream context after any sequence of set and delete', () => {
  const rpc = { type: RPCType.HTTP as const, span: first };
  const base = propagation.setBaggage(ROOT_CONTEXT, baggage);
  const upstream = setRPCMetadata(trace.setSpan(base, first), rpc);
  const ours = HttpServerContext.create(base, first, rpc);
  for (const one of steps) {
    for (const other of steps) assert.deepEqual(seen(other(one(ours))), seen(other(one(upstream))));
  }
  assert.deepEqual(seen(ours), [first, rpc, undefined, baggage]);
});
