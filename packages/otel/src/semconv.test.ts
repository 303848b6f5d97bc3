import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as incubating from '@opentelemetry/semantic-conventions/incubating';
import * as ours from './semconv.ts';

test('inlined attribute names are those of the published semantic conventions', () => {
  assert.ok(Object.keys(ours).length > 0);
  for (const [name, value] of Object.entries(ours)) {
    assert.equal(value, (incubating as Record<string, unknown>)[name], name);
  }
});
