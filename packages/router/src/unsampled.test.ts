import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attributes, trace } from '@opentelemetry/api';
import { type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace';
import { createRouter } from './index.ts';
import { Sdk } from './testkit/sdk.ts';

test('a sampler sees method, scheme and route, and a request it drops is still measured', async () => {
  const seen: Attributes[] = [];
  const sampler: Sampler = {
    shouldSample: (_context, _traceId, _name, _kind, attributes) => {
      seen.push(attributes);
      return { decision: SamplingDecision.NOT_RECORD };
    },
    toString: () => 'none',
  };
  const sdk = new Sdk(sampler);
  const app = createRouter().get('/a/:b', () => trace.getActiveSpan()?.spanContext().traceFlags);
  const flags = await (await app.fetch(new Request('http://test/a/1'))).text();
  assert.equal(flags, '0');
  assert.deepEqual(seen, [{ 'http.request.method': 'GET', 'url.scheme': 'http', 'http.route': '/a/:b' }]);
  const [point] = await sdk.points('http.server.request.duration');
  assert.equal(point?.value, 1);
});
