import assert from 'node:assert/strict';
import { test } from 'node:test';
import { samplingFromEnvironment } from './sdk-environment.ts';

function sampling(name?: string, argument?: string): ReturnType<typeof samplingFromEnvironment> {
  for (const [variable, value] of Object.entries({
    OTEL_TRACES_SAMPLER: name,
    OTEL_TRACES_SAMPLER_ARG: argument,
  })) {
    if (value === undefined) delete process.env[variable];
    else process.env[variable] = value;
  }
  return samplingFromEnvironment();
}

test('OTEL_TRACES_SAMPLER selects a sampler, in any case', () => {
  assert.equal(sampling(), undefined);
  assert.deepEqual(sampling('always_on', '0.5'), { ratio: 1, isParentBased: false });
  assert.deepEqual(sampling('parentbased_always_on'), { ratio: 1, isParentBased: true });
  assert.deepEqual(sampling('ALWAYS_OFF'), { ratio: 0, isParentBased: false });
  assert.deepEqual(sampling('ParentBased_Always_Off'), { ratio: 0, isParentBased: true });
  assert.deepEqual(sampling(' traceidratio ', '0.25'), { ratio: 0.25, isParentBased: false });
  assert.deepEqual(sampling('parentbased_traceidratio', ' 0 '), { ratio: 0, isParentBased: true });
});

test('ignores an unknown sampler, and samples all traces for an invalid ratio', () => {
  for (const name of ['parentbased_jaeger_remote', 'xray', 'parentbased_', 'constructor', 'toString']) {
    assert.equal(sampling(name), undefined, name);
  }
  for (const wrong of [undefined, '', '2', '-1', 'half']) {
    assert.deepEqual(sampling('traceidratio', wrong), { ratio: 1, isParentBased: false }, wrong);
  }
});
