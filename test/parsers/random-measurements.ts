import { type Attributes, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AggregationType, type ViewOptions } from '@opentelemetry/sdk-metrics';
import type { LeanMeterProvider } from '@sonde/sdk';
import type { Random } from '../support/random.ts';

const names = [
  'requests',
  'http.requests',
  'requests.total',
  'requests.created',
  'requests_count',
  'requests.info',
  'size',
  'size.bucket',
  'size.created',
  'size.sum',
  'bytes',
  'ratio',
  '9lives',
  'größe',
  'a-b.c/d',
  'target.info',
];
const units = ['', 's', 'By', '1', '{request}', 'By/s', 'odd"unit\n', '%', 'm/s'];
const keys = ['a', 'a.b', 'a_b', '1st', 'le', '__name__', 'http.route', 'größe', 'job', 'quantile'];
const texts = [
  '',
  'x',
  'a"b',
  'back\\slash',
  'line\nfeed',
  '\ud800',
  '💥',
  '{}=,# ',
  '# EOF',
  'x'.repeat(100),
];
const kinds = ['counter', 'upDownCounter', 'gauge', 'histogram', 'exponential', 'unsummed'] as const;
const boundaries = [[0.1, 1, 10], [-5, 0, 5], [10, 1, 1, Number.NaN, Infinity], []];
const sizes = [0, 1, 0.5, 3.75, 1e-9, 123_456, 2 ** 40, 2 ** 53, 1e21, 1e-320];
const spanContext = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 };

/** The kind of a series: its instrument, and the aggregation of its meter. */
type Kind = (typeof kinds)[number];

/** A series with the value that every parser must find. */
export interface MeasuredSeries {
  readonly id: string;
  readonly kind: Kind;
  /** The sum or the last value; of a histogram the sum. */
  value: number;
  count: number;
}

/** The views of the meters `exponential` and `unsummed`. */
export const views: readonly ViewOptions[] = [
  {
    instrumentName: '*',
    meterName: 'exponential',
    aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
  },
  {
    instrumentName: '*',
    meterName: 'unsummed',
    aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [-1, 1] } },
  },
];

function randomAttributes(random: Random): Attributes {
  const attributes: Attributes = {};
  for (let count = random.below(4); count > 0; count--) {
    const value = random.pick([random.pick(texts), random.below(5), [random.pick(texts), 1], random.once(2)]);
    attributes[random.pick(keys)] = value;
  }
  return attributes;
}

/** Measures random series, each with an attribute `m` of its own. */
export function measureRandomly(random: Random, provider: LeanMeterProvider): MeasuredSeries[] {
  return Array.from({ length: 1 + random.below(25) }, (_, index): MeasuredSeries => {
    const kind = random.pick(kinds);
    const series: MeasuredSeries = { id: String(index), kind, value: 0, count: 0 };
    const meter = provider.getMeter(random.once(3) ? kind : random.pick([kind, 'a "scope"\n']));
    const scoped = kind === 'exponential' || kind === 'unsummed' ? provider.getMeter(kind) : meter;
    const options = {
      unit: random.pick(units),
      description: random.pick(['', 'text', 'with "quotes" \\ and\nlines']),
      advice: { explicitBucketBoundaries: [...random.pick(boundaries)] },
    };
    const name = random.pick(names);
    const record = recorder(scoped, kind, name, options);
    const attributes = { ...randomAttributes(random), m: series.id };
    const context = random.once(2) ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContext);
    for (let times = 1 + random.below(3); times > 0; times--) {
      const isSigned = kind === 'upDownCounter' || kind === 'gauge' || kind === 'unsummed';
      const value = random.pick(sizes) * (isSigned && random.once(2) ? -1 : 1);
      record(value, attributes, context);
      series.value = kind === 'gauge' ? value : series.value + value;
      series.count++;
    }
    return series;
  });
}

type Meter = ReturnType<LeanMeterProvider['getMeter']>;
type Record = (value: number, attributes: Attributes, context: typeof ROOT_CONTEXT) => void;

function recorder(meter: Meter, kind: Kind, name: string, options: object): Record {
  if (kind === 'counter' || kind === 'upDownCounter') {
    const counter =
      kind === 'counter' ? meter.createCounter(name, options) : meter.createUpDownCounter(name, options);
    return (...measurement) => counter.add(...measurement);
  }
  const isGauge = kind === 'gauge' || kind === 'unsummed';
  const recording = isGauge ? meter.createGauge(name, options) : meter.createHistogram(name, options);
  return (...measurement) => recording.record(...measurement);
}
