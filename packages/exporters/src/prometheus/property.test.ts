import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Attributes } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import { AggregationType } from '@opentelemetry/sdk-metrics';

import { labelIdentity, parseOpenMetrics } from '../testing/openmetrics.ts';
import { openMetricsAccept, serve } from '../testing/served-exporter.ts';
import { Random } from '@sonde/test-support/random';

const keys = ['a', 'a.b', 'a_b', '1st', 'le', '__name__', '', 'http.route', 'größe', 'job'];
const texts = [
  '',
  'x',
  'a"b',
  'back\\slash',
  'line\nfeed',
  'nul\0',
  '\ud800',
  '💥',
  '{}=,# ',
  'x'.repeat(300),
];
const names = [
  'requests',
  'http.requests',
  'requests.total',
  'size',
  '9lives',
  'requests_count',
  'requests.created',
  'size.bucket',
  'size.created',
  '...',
];
const units = ['', 's', 'By', '1', '{request}', 'By/s', 'odd"unit\n'];
const kinds = ['counter', 'upDownCounter', 'gauge', 'histogram', 'exponential'] as const;
const boundaries = [0.1, 1, 10, 1000];

type Kind = (typeof kinds)[number];

interface Measurement {
  readonly kind: Kind;
  readonly name: string;
  readonly unit: string;
  readonly attributes: Attributes;
  readonly value: number;
}

function attributesFrom(random: Random): Attributes {
  const attributes: Attributes = {};
  for (let count = random.below(4); count > 0; count--) {
    const value = random.next();
    if (value < 0.6) attributes[random.pick(keys)] = random.pick(texts);
    else if (value < 0.8) attributes[random.pick(keys)] = random.below(5);
    else attributes[random.pick(keys)] = [random.pick(texts), random.pick(texts)];
  }
  return attributes;
}

function measurementFrom(random: Random): Measurement {
  const kind = random.pick(kinds);
  const size = random.pick([0, 1, 0.5, 3.75, 1e-9, 123_456, 2 ** 40]);
  const isSigned = kind === 'upDownCounter' || kind === 'gauge';
  const value = isSigned && random.next() < 0.5 ? -size : size;
  return {
    kind,
    name: random.pick(names),
    unit: random.pick(units),
    attributes: attributesFrom(random),
    value,
  };
}

/** The sum of the values of all samples with the suffix, over all families of the type. */
function total(families: ReturnType<typeof parseOpenMetrics>, type: string, suffix: string): number {
  const samples = families.filter((family) => family.type === type).flatMap((family) => family.samples);
  return samples.filter(({ name }) => name.endsWith(suffix)).reduce((sum, { value }) => sum + value, 0);
}

for (let seed = 1; seed <= 20; seed++) {
  test(`the exposition of any sequence of measurements parses (seed ${seed})`, async () => {
    const random = new Random(seed);
    const views = [
      {
        instrumentName: '*',
        meterName: 'exponential',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const,
      },
    ];
    await using served = await serve({ targetInfo: false }, { resource: emptyResource(), views });
    for (let count = random.below(150); count > 0; count--) {
      const { kind, name, unit, attributes, value } = measurementFrom(random);
      const meter = served.provider.getMeter(kind);
      const advice = { explicitBucketBoundaries: boundaries };
      if (kind === 'counter') meter.createCounter(name, { unit }).add(value, attributes);
      else if (kind === 'gauge') meter.createGauge(name, { unit }).record(value, attributes);
      else if (kind === 'upDownCounter') meter.createUpDownCounter(name, { unit }).add(value, attributes);
      else meter.createHistogram(name, { unit, advice }).record(value, attributes);
    }
    const openMetrics = parseOpenMetrics(await served.scrape(openMetricsAccept));
    const text = await served.scrape();
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const samples = openMetrics.flatMap(({ name: family, samples: all }) =>
      all.filter(({ name }) => name === family || !name.endsWith('_created')),
    );
    assert.equal(samples.length, lines.length);
  });

  test(`the exposition has the recorded values (seed ${seed})`, async () => {
    const random = new Random(seed);
    await using served = await serve({ targetInfo: false, scopeInfo: false });
    const meter = served.provider.getMeter('test');
    const counter = meter.createCounter('counted');
    const histogram = meter.createHistogram('observed', { advice: { explicitBucketBoundaries: boundaries } });
    const gauge = meter.createGauge('set');
    let counted = 0;
    const observed: number[] = [];
    const gauges = new Map<string, number>();
    for (let count = 0; count < 200; count++) {
      const value = random.pick([0, 1, 2, 0.5, 64, 4096]);
      counted += value;
      observed.push(value);
      counter.add(value, attributesFrom(random));
      histogram.record(value, attributesFrom(random));
      const key = String(random.below(9));
      gauge.record(-value, { key });
      gauges.set(labelIdentity(new Map([['key', key]])), -value);
    }
    const families = parseOpenMetrics(await served.scrape(openMetricsAccept));
    assert.equal(total(families, 'counter', '_total'), counted);
    assert.equal(total(families, 'histogram', '_count'), observed.length);
    assert.equal(total(families, 'histogram', '_sum'), counted);
    const upToOne = families
      .flatMap(({ samples }) => samples)
      .filter(({ labels }) => labels.get('le') === '1.0');
    assert.equal(
      upToOne.reduce((sum, { value }) => sum + value, 0),
      observed.filter((value) => value <= 1).length,
    );
    const seen = families.find(({ name }) => name === 'set')?.samples ?? [];
    assert.deepEqual(new Map(seen.map(({ labels, value }) => [labelIdentity(labels), value])), gauges);
  });
}
