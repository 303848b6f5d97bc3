import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratioFromEnvironment } from './head-ratio.ts';

const ratio = (name?: string, arg?: string) =>
  ratioFromEnvironment({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: arg });

test('the ratio is that of the sampler that the environment names, else all', () => {
  assert.equal(ratio(), 1);
  assert.equal(ratio('always_on', '0.5'), 1);
  assert.equal(ratio('parentbased_always_on'), 1);
  assert.equal(ratio('always_off'), 0);
  assert.equal(ratio('parentbased_always_off'), 0);
  assert.equal(ratio('traceidratio', '0.25'), 0.25);
  assert.equal(ratio('parentbased_traceidratio', ' 0 '), 0);
  for (const wrong of [undefined, '', '2', '-1', 'half']) assert.equal(ratio('traceidratio', wrong), 1);
});
