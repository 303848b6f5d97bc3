import assert from 'node:assert/strict';
import { test } from 'node:test';

import { emptyResource } from '@opentelemetry/resources';
import { AggregationType } from '@opentelemetry/sdk-metrics';

import { parseOpenMetrics } from '../../testing/openmetrics.ts';
import { openMetricsAccept, serve } from '../../testing/served-exporter.ts';

test('an exponential histogram has classic buckets in text, with stable boundaries and exact counts', async () => {
  const views = [
    { instrumentName: '*', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const },
  ];
  await using served = await serve(
    { scopeInfo: false, targetInfo: false },
    { resource: emptyResource(), views },
  );
  const histogram = served.provider.getMeter('test').createHistogram('h');
  const values = [0, 0.3, 0.5, 1, 1.5, 2, 3, 100, 1e9];
  for (const value of values) histogram.record(value);
  const [family] = parseOpenMetrics(await served.scrape(openMetricsAccept));
  assert.equal(family?.type, 'histogram');
  for (const { name, labels, value } of family.samples) {
    if (name !== 'h_bucket') continue;
    const le = labels.get('le') === '+Inf' ? Infinity : Number(labels.get('le'));
    assert.equal(value, values.filter((one) => one <= le).length, `le ${le}`);
  }
  assert.equal(family.samples.find(({ name }) => name === 'h_count')?.value, values.length);
});
