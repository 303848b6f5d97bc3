import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContextKey, INVALID_SPAN_CONTEXT, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { isTracingSuppressed, suppressTracing } from '@opentelemetry/core';
import { SpanScope } from './span-scope.ts';

const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
const other = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

test('contract: what it holds is what the API finds', () => {
  const scope = SpanScope.of(ROOT_CONTEXT, span);
  assert.equal(trace.getSpan(scope), span);
  assert.equal(trace.getSpan(SpanScope.of(scope, other)), other);
  assert.equal(trace.getSpan(trace.setSpan(scope, other)), other);
  assert.equal(trace.getSpan(trace.deleteSpan(scope)), undefined);
  assert.equal(trace.getSpan(scope), span);
});

test('other values are kept, changed and deleted without losing the span', () => {
  const key = createContextKey('key');
  const scope = SpanScope.of(suppressTracing(ROOT_CONTEXT.setValue(key, 1)), span);
  assert.ok(isTracingSuppressed(scope));
  assert.equal(scope.getValue(key), 1);
  const changed = scope.setValue(key, 2);
  assert.deepEqual([changed.getValue(key), trace.getSpan(changed)], [2, span]);
  const deleted = scope.deleteValue(key);
  assert.deepEqual([deleted.getValue(key), trace.getSpan(deleted)], [undefined, span]);
  assert.equal(trace.deleteSpan(SpanScope.of(trace.setSpan(scope, other), span)).getValue(key), 1);
  assert.equal(
    trace.getSpan(trace.deleteSpan(SpanScope.of(trace.setSpan(ROOT_CONTEXT, other), span))),
    undefined,
  );
});
