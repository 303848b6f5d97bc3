import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { OtlpMetricExporter, PrometheusExporter } from '@sonde/exporters';
import { LeanMeterProvider } from '@sonde/sdk';
import { freePort } from '../support/free-port.ts';
import { needs } from '../support/needs.ts';
import { findPrometheus } from '../support/prometheus-programs.ts';
import { Prometheus } from '../support/prometheus.ts';

const names = [
  'requests',
  'requests.total',
  'read.bytes',
  'bytes.read',
  'queue.size',
  'cache.hit.ratio',
  'duration',
  'duration.seconds',
  'http.server.request.duration',
  'active.users',
  'CamelCase',
  'with_underscore',
  'with-dash',
  'with/slash',
  'total',
  'count',
  'temperature.celsius',
  'per.second',
];
// Prometheus translates neither `kBy` nor `/min`, which UCUM has and the endpoint translates.
const units = [
  '',
  '1',
  's',
  'ms',
  'us',
  'ns',
  'min',
  'h',
  'd',
  'By',
  'KiBy',
  'MBy',
  'KBy',
  'By/s',
  'm/s',
  'By/h',
  '{request}',
  '{request}/s',
  '%',
  'Cel',
  'W',
  'EUR',
];
const kinds = ['Counter', 'UpDownCounter', 'Gauge', 'Histogram'] as const;

/** Records one value for each name, unit and kind; the prefix keeps names apart. */
function measure(provider: LeanMeterProvider): number {
  const meter = provider.getMeter('names');
  let count = 0;
  for (const name of names) {
    for (const unit of units) {
      for (const kind of kinds) {
        const options = { unit, advice: { explicitBucketBoundaries: [1] } };
        const instrument = meter[`create${kind}`](`m${count}.${name}`, options);
        const value = 0.5 + count++;
        if ('add' in instrument) instrument.add(value);
        else instrument.record(value);
      }
    }
  }
  return count;
}

/** The values of all samples of a job, by name and bucket. */
async function samples(prometheus: Prometheus, job: string): Promise<Map<string, string>> {
  const found = await prometheus.query(`{job="${job}", __name__=~"m[0-9]+_.*"}`);
  return new Map(
    found.map(({ metric, value }) => [
      `${metric['__name__']}${metric['le'] === undefined ? '' : ` ${Number(metric['le'])}`}`,
      value[1],
    ]),
  );
}

test(
  'a metric has one name and value, scraped and over OTLP into Prometheus 3',
  { timeout: 170_000 },
  async (t) => {
    const programs = await findPrometheus();
    if (programs === undefined || programs.prometheus === '/usr/bin/prometheus')
      return needs(t, 'Prometheus 3 cannot be built');
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'sonde-names-'));
    const scrape = {
      job_name: 'scraped',
      scrape_interval: '1s',
      scrape_timeout: '1s',
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    };
    const converted = {
      ...scrape,
      job_name: 'converted',
      scrape_native_histograms: true,
      convert_classic_histograms_to_nhcb: true,
    };
    await writeFile(
      join(folder, 'prometheus.yml'),
      JSON.stringify({
        otlp: { translation_strategy: 'UnderscoreEscapingWithSuffixes', promote_scope_metadata: true },
        scrape_configs: [scrape, converted],
      }),
    );
    await using prometheus = await Prometheus.configured(folder, programs.prometheus, [
      '--web.enable-otlp-receiver',
    ]);
    const exporter = new PrometheusExporter({ port, createdTimestamps: false });
    const pushed = new PeriodicExportingMetricReader({
      exporter: new OtlpMetricExporter({ url: `${prometheus.url}/api/v1/otlp/v1/metrics` }),
      exportIntervalMillis: 2 ** 31 - 1,
      exportTimeoutMillis: 60_000,
    });
    const provider = new LeanMeterProvider({
      resource: resourceFromAttributes({ 'service.name': 'pushed' }),
      readers: [exporter, pushed],
    });
    const count = measure(provider);
    // One instrument name in two meters: the scope keeps the series apart.
    for (const [scope, value] of Object.entries({ first: 1, second: 2 }))
      provider.getMeter(scope).createCounter('shared').add(value);
    const waits = provider
      .getMeter('waits')
      .createHistogram('waits', { advice: { explicitBucketBoundaries: [1, 2.5, 10] } });
    for (const value of [0.5, 2, 2.2, 7, 50]) waits.record(value);
    assert.ok(count > 1500, String(count));
    await pushed.forceFlush();
    await prometheus.untilAny('m0_requests_total{job="scraped"}', AbortSignal.timeout(60_000));
    await prometheus.untilAny('m0_requests_total{job="pushed"}', AbortSignal.timeout(60_000));
    const [scraped, received] = [await samples(prometheus, 'scraped'), await samples(prometheus, 'pushed')];
    assert.ok(scraped.size >= count, String(scraped.size));
    assert.deepEqual(Object.fromEntries(received), Object.fromEntries(scraped));
    for (const job of ['scraped', 'pushed']) {
      const shared = await prometheus.query(`sort(shared_total{job="${job}"})`);
      assert.deepEqual(
        shared.map(({ metric, value }) => [metric['otel_scope_name'], value[1]]),
        [
          ['first', '1'],
          ['second', '2'],
        ],
      );
    }
    // Prometheus makes native histograms of the classic buckets: the same counts in custom buckets.
    await prometheus.untilAny('waits{job="converted"}', AbortSignal.timeout(60_000));
    const { result } = await prometheus.api<{ result: readonly { histogram: [number, unknown] }[] }>(
      `query?query=${encodeURIComponent('waits{job="converted"}')}`,
    );
    assert.deepEqual(
      result.map(({ histogram }) => histogram[1]),
      [
        {
          count: '5',
          sum: '61.7',
          buckets: [
            [3, '-Inf', '1', '1'],
            [0, '1', '2.5', '2'],
            [0, '2.5', '10', '1'],
            [0, '10', '+Inf', '1'],
          ],
        },
      ],
    );
    const quantiles = 'histogram_quantile(0.5, {__name__=~"waits|waits_bucket", job=~"scraped|converted"})';
    const medians = await prometheus.query(quantiles);
    assert.equal(medians.length, 2);
    assert.equal(medians[0]?.value[1], medians[1]?.value[1]);
    await provider.shutdown();
  },
);
