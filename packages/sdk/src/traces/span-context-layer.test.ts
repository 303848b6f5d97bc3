import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContextKey, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { SpanBase } from './span-base.ts';
import { LeanTracerProvider } from './tracer-provider.ts';

const key = createContextKey('test');
const baggage = propagation.createBaggage({ tenant: { value: 'a' } });
const base = propagation.setBaggage(ROOT_CONTEXT, baggage).setValue(key, 1);
const tracer = new LeanTracerProvider().getTracer('test');
const span = tracer.startSpan('work') as ReturnType<typeof tracer.startSpan> & SpanBase;
const other = tracer.startSpan('other');

for (const [name, context] of [
  ['trace.setSpan', trace.setSpan(base, span)],
  ['the span’s own', span.within(base)],
] as const) {
  test(`a context with a span, ${name}`, () => {
    assert.equal(trace.getSpan(context), span);
    assert.equal(propagation.getBaggage(context), baggage);
    assert.equal(context.getValue(key), 1);
    assert.equal(trace.getSpan(base), undefined, 'what it was made of stays as it was');

    const more = context.setValue(key, 2);
    assert.deepEqual([more.getValue(key), context.getValue(key)], [2, 1]);
    assert.equal(trace.getSpan(more), span);
    assert.equal(trace.getSpan(trace.setSpan(context, other)), other);
    assert.equal(trace.getSpan(trace.deleteSpan(context)), undefined);

    const less = context.deleteValue(key);
    assert.equal(less.getValue(key), undefined);
    assert.equal(trace.getSpan(less), span);
    assert.equal(propagation.getBaggage(less), baggage);
  });
}
