import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AggregationType } from '@opentelemetry/sdk-metrics';

import { missingProgram } from '@sonde/test-support/needs';
import { Prometheus, promtoolCheck, type Sample } from '@sonde/test-support/prometheus';
import { scrapeTarget } from '../testing/scraped.ts';

const skip = missingProgram('prometheus');
/** The values of samples by the text of their labels. */
const values = (samples: readonly Sample[]): Map<string, string> =>
  new Map(samples.map(({ metric, value }) => [JSON.stringify(metric), value[1]]));

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

test('Prometheus stores names, values and exemplars', { skip }, async () => {
  await using scraped = await scrapeTarget();
  const meter = scraped.proxy.getMeter('test');
  const context = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1 });
  const duration = meter.createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of requests',
    advice: { explicitBucketBoundaries: [0.1, 1] },
  });
  for (const value of [0.05, 0.5, 5]) duration.record(value, { 'http.route': '/users/:id' }, context);
  meter.createCounter('http.requests', { description: 'Requests' }).add(3, {}, context);
  await using prometheus = await Prometheus.scraping(scraped.target);
  await scraped.scrapedOnce();
  await prometheus.untilAny('up == 1', AbortSignal.timeout(30_000));
  const count = 'sum by (http_route) (http_server_request_duration_seconds_count)';
  assert.deepEqual([...values(await prometheus.query(count))], [['{"http_route":"/users/:id"}', '3']]);
  assert.deepEqual([...values(await prometheus.query('sum(http_requests_total)'))], [['{}', '3']]);
  const query = 'http_server_request_duration_seconds_bucket';
  const found = JSON.stringify(
    await prometheus.api(`query_exemplars?query=${query}&start=0&end=${Date.now() / 1000 + 60}`),
  );
  assert.equal(found.split(`"trace_id":"${traceId}"`).length - 1, 3, found);
  const ofCounter = JSON.stringify(
    await prometheus.api(`query_exemplars?query=http_requests_total&start=0&end=${Date.now() / 1000 + 60}`),
  );
  assert.match(ofCounter, new RegExp(`"span_id":"${spanId}"`));
});

test('Prometheus accepts an exposition with every hostile series', { skip }, async () => {
  await using scraped = await scrapeTarget();
  const meter = scraped.proxy.getMeter('hostile "scope"\n\\', '1.0\0');
  const counter = meter.createCounter('hostile', { description: 'quotes " \\ \n and \0' });
  counter.add(1, { 'a.b': 1, a_b: 2, 'a-b': 3 });
  counter.add(1, { '1st': 'x', __name__: 'other', '': 'empty', '💥': 'boom', job: 'mine', instance: 'mine' });
  counter.add(1, { v: 'a"b\\c\nd\0e\ud800f\r\t{}=,#' });
  counter.add(1, { list: ['a', 'b'], status: 200 });
  counter.add(1, { list: '["a","b"]', status: '200' });
  meter.createHistogram('hist').record(1, { le: 'mine', quantile: '0.5' });
  meter.createUpDownCounter('hist_count').add(1);
  meter.createGauge('hostile_total').record(1);
  meter.createGauge('').record(1);
  meter.createGauge('💥').record(1);
  meter.createGauge('9lives', { unit: '1' }).record(1);
  meter.createGauge('gauge', { unit: '{"}\n' }).record(1e-320);
  meter.createGauge('largest').record(Number.MAX_VALUE);
  meter.createGauge('negative.zero').record(-0);
  const limited = meter.createCounter('many');
  for (let user = 0; user < 3000; user++) limited.add(1, { user });
  await using prometheus = await Prometheus.scraping(scraped.target);
  await scraped.scrapedOnce();
  await prometheus.untilAny('up == 1', AbortSignal.timeout(30_000));
  assert.deepEqual(
    [...values(await prometheus.query('max_over_time(up[1m])'))].map(([, value]) => value),
    ['1'],
  );
  assert.deepEqual(
    [...values(await prometheus.query('count(many_total)'))].map(([, value]) => value),
    ['2000'],
  );
  assert.deepEqual(
    values(await prometheus.query('sum by (reason) (sonde_prometheus_dropped_series)')),
    new Map([
      ['{"reason":"type_conflict"}', '2'],
      ['{"reason":"invalid_name"}', '2'],
    ]),
  );
  const merged = values(await prometheus.query('hostile_total{list="[\\"a\\",\\"b\\"]"}'));
  assert.deepEqual([...merged.values()], ['2']);
  const page = await (await fetch(`http://${scraped.target}/`, { headers: { accept: 'text/plain' } })).text();
  assert.doesNotMatch(promtoolCheck(page).output, /error while linting|parsing/);
});

test('Prometheus stores native histograms from protobuf', { skip }, async () => {
  const views = [
    { instrumentName: '*', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const },
  ];
  await using scraped = await scrapeTarget(views);
  const histogram = scraped.proxy.getMeter('test').createHistogram('latency', { unit: 's' });
  for (const value of [0, 0.1, 0.2, 0.4, 0.8, 100]) histogram.record(value);
  scraped.proxy.getMeter('test').createHistogram('empty').record(0);
  await using prometheus = await Prometheus.scraping(scraped.target, ['--enable-feature=native-histograms']);
  await scraped.scrapedOnce();
  await prometheus.untilAny('up == 1', AbortSignal.timeout(30_000));
  const count = values(await prometheus.query('histogram_count(latency_seconds)'));
  assert.deepEqual([...count.values()], ['6']);
  const sum = values(await prometheus.query('histogram_sum(latency_seconds)'));
  assert.ok(Math.abs(Number([...sum.values()][0]) - 101.5) < 1e-9);
  const quantile = values(await prometheus.query('histogram_quantile(0.5, latency_seconds)'));
  const median = Number([...quantile.values()][0]);
  assert.ok(median > 0.19 && median < 0.22, `median ${median}`);
});

test('promtool reports no problem in an exposition', { skip: missingProgram('promtool') }, async () => {
  await using scraped = await scrapeTarget();
  const meter = scraped.proxy.getMeter('test');
  meter.createCounter('http.requests', { description: 'Requests' }).add(1, { route: '/' });
  meter.createHistogram('http.server.request.duration', { unit: 's', description: 'Duration' }).record(1);
  meter.createGauge('queue.utilization', { unit: '1', description: 'Use' }).record(0.5);
  meter.createUpDownCounter('memory.used', { unit: 'By', description: 'Memory' }).add(10);
  const page = await (await fetch(`http://${scraped.target}/`)).text();
  assert.deepEqual(promtoolCheck(page), { status: 0, output: '' });
});
