import {
  type AggregationOption,
  AggregationTemporality,
  AggregationType,
  createAllowListAttributesProcessor,
  createDenyListAttributesProcessor,
  InstrumentType,
  type MetricReaderOptions,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import type { Random } from '../support/random.ts';
import type { MetricSetting } from './metric-world.ts';

/** The names that instruments have. */
export const instrumentNames = ['http.requests', 'http.duration', 'queue', 'q'] as const;
export const units = ['', 's', '{item}'] as const;

const { DELTA, CUMULATIVE } = AggregationTemporality;
const observed: ReadonlySet<InstrumentType> = new Set([
  InstrumentType.OBSERVABLE_COUNTER,
  InstrumentType.OBSERVABLE_GAUGE,
  InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
]);
const growing: ReadonlySet<InstrumentType> = new Set([InstrumentType.COUNTER, InstrumentType.HISTOGRAM]);
const measured = Object.values(InstrumentType).filter((type) => !observed.has(type));

/** Aggregations for every instrument. */
const scalar = (random: Random): AggregationOption =>
  random.pick([
    { type: AggregationType.DEFAULT },
    { type: AggregationType.DROP },
    { type: AggregationType.SUM },
    { type: AggregationType.LAST_VALUE },
  ]);

/** Aggregations that make nothing of what is observed; exponential ones of upstream get coarse with values of both signs. */
const distribution = (random: Random, hasBothSigns: boolean): AggregationOption => {
  const recordMinMax = !random.once(3);
  const explicit: AggregationOption[] = [
    { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM },
    {
      type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
      options: { boundaries: random.pick([[], [1], [10, -1, 5], [-Infinity, 0.25, Infinity]]), recordMinMax },
    },
  ];
  const exponential: AggregationOption[] = [
    {
      type: AggregationType.EXPONENTIAL_HISTOGRAM,
      options: { maxSize: random.pick([1, 2, 5, 160]), recordMinMax },
    },
    { type: AggregationType.EXPONENTIAL_HISTOGRAM },
  ];
  return random.pick(hasBothSigns || random.once(2) ? explicit : exponential);
};

function reader(random: Random): MetricReaderOptions {
  const temporality = random.pick<(type: InstrumentType) => AggregationTemporality>([
    () => CUMULATIVE,
    () => DELTA,
    (type) => (type.endsWith('UP_DOWN_COUNTER') ? CUMULATIVE : DELTA),
  ]);
  const options = { aggregationTemporalitySelector: temporality };
  if (random.once(2)) return options;
  const ofType = new Map(
    Object.values(InstrumentType).map((type) => [
      type,
      observed.has(type) || random.once(2) ? scalar(random) : distribution(random, !growing.has(type)),
    ]),
  );
  return {
    ...options,
    aggregationSelector: (type) => ofType.get(type) ?? { type: AggregationType.DEFAULT },
  };
}

function view(random: Random, index: number): ViewOptions {
  const exact = random.once(2);
  const keys = random.some(3, () => random.pick(['a', 'b', 'http.route', 'key.1', 'key.2']));
  const filter = random.pick([createAllowListAttributesProcessor, createDenyListAttributesProcessor]);
  return {
    instrumentName: exact
      ? random.pick(instrumentNames)
      : random.pick(['*', 'http.*', '*.duration', 'q*', 'h*s']),
    ...(exact && random.once(2) ? { name: `viewed.${index}` } : {}),
    ...(random.once(4) ? { description: `of view ${index}` } : {}),
    ...(random.once(5) ? { meterName: 'm1' } : {}),
    ...(random.once(6) ? { meterVersion: '2' } : {}),
    ...(random.once(6) ? { meterSchemaUrl: 'https://s' } : {}),
    ...(random.once(6) ? { instrumentUnit: random.pick(units) } : {}),
    ...(random.once(3) ? { attributesProcessors: [filter(keys)] } : {}),
    ...random.pick<() => ViewOptions>([
      () => ({}),
      () => ({ aggregation: scalar(random) }),
      () => ({ instrumentType: random.pick(Object.values(InstrumentType)) }),
      () => ({ instrumentType: random.pick(measured), aggregation: distribution(random, true) }),
      () => ({ instrumentType: random.pick([...growing]), aggregation: distribution(random, false) }),
    ])(),
  };
}

/** A random configuration of a provider. */
export function metricSetting(random: Random): MetricSetting {
  const readers = [reader(random), ...random.some(2, () => reader(random))];
  const count = random.once(2) ? random.below(5) : 0;
  const views = Array.from({ length: count }, (_, index) => view(random, index));
  // Upstream does not count what a filter leaves of the series for the overflow.
  const isLimited = random.once(4) && views.every((each) => each.attributesProcessors === undefined);
  return {
    readers,
    views,
    hidesStartTimes: count > 0 && readers.length > 1,
    ...(isLimited ? { cardinalityLimit: 2 + random.below(5) } : {}),
  };
}
