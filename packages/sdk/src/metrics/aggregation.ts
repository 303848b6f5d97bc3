import { type Attributes, diag } from '@opentelemetry/api';
import type {
  AggregationOption,
  AggregationTemporality as Temporality,
  DataPoint,
  DataPointType as PointType,
  MetricData,
} from '@opentelemetry/sdk-metrics';
import type { Accumulator, CollectionQueue, PointValue } from './accumulator.ts';
import type { Descriptor } from './descriptor.ts';
import { AggregationTemporality, AggregationType, DataPointType, InstrumentType } from './enumerations.ts';
import { ExponentialHistogramAccumulator } from './exponential-histogram-accumulator.ts';
import { HistogramAccumulator } from './histogram-accumulator.ts';
import { LastValueAccumulator } from './last-value-accumulator.ts';
import { AsyncSumAccumulator, SumAccumulator } from './sum-accumulator.ts';

/** How the measurements of a metric become points. */
export interface Aggregation {
  readonly newAccumulator: (attributes: Attributes, queue: CollectionQueue) => Accumulator;
  readonly newMetric: (descriptor: Descriptor, dataPoints: DataPoint<PointValue>[]) => MetricData;
}

const defaultBoundaries = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
const defaultMaxSize = 160;
const leastMaxSize = 2;

/** In rising order, without infinities: they bound the first and the last bucket anyway. */
function sanitizeBoundaries(boundaries: readonly number[]): number[] {
  const sorted = [...boundaries].toSorted((a, b) => a - b);
  return sorted.filter((boundary) => boundary !== Infinity && boundary !== -Infinity);
}

const { COUNTER, HISTOGRAM, OBSERVABLE_COUNTER, ...others } = InstrumentType;
const { GAUGE, OBSERVABLE_GAUGE, OBSERVABLE_UP_DOWN_COUNTER } = others;
const observables = new Set([OBSERVABLE_COUNTER, OBSERVABLE_GAUGE, OBSERVABLE_UP_DOWN_COUNTER]);
const gauges = new Set([GAUGE, OBSERVABLE_GAUGE]);
/** What never takes a negative value: its sum tells something. */
const monotonicTypes = new Set([COUNTER, HISTOGRAM, OBSERVABLE_COUNTER]);

type NewMetric = (dataPointType: PointType, more?: object) => Aggregation['newMetric'];

function sumAggregation(instrument: Descriptor, isDelta: boolean, newMetric: NewMetric): Aggregation {
  const kind = { isMonotonic: monotonicTypes.has(instrument.type), isDelta };
  return {
    newAccumulator: (attributes, queue) =>
      observables.has(instrument.type)
        ? new AsyncSumAccumulator(attributes, queue, kind)
        : new SumAccumulator(attributes, queue),
    newMetric: newMetric(DataPointType.SUM, { isMonotonic: kind.isMonotonic }),
  };
}

function histogramAggregation(
  instrument: Descriptor,
  given: readonly number[] | undefined,
  hasMinMax: boolean | undefined,
  newMetric: NewMetric,
): Aggregation {
  const boundaries = given === undefined ? defaultBoundaries : sanitizeBoundaries(given);
  const kind = { boundaries, hasMinMax: hasMinMax ?? true, hasSum: monotonicTypes.has(instrument.type) };
  return {
    newAccumulator: (attributes, queue) => new HistogramAccumulator(attributes, queue, kind),
    newMetric: newMetric(DataPointType.HISTOGRAM),
  };
}

/** What instruments of each kind become when nobody says otherwise. */
function defaultOption({ type, advice }: Descriptor): AggregationOption {
  if (gauges.has(type)) return { type: AggregationType.LAST_VALUE };
  if (type !== HISTOGRAM) return { type: AggregationType.SUM };
  const { explicitBucketBoundaries } = advice;
  return {
    type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
    ...(explicitBucketBoundaries ? { options: { boundaries: explicitBucketBoundaries } } : {}),
  };
}

/**
 * The aggregation that an option asks for; undefined for none at all.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#aggregation
 * @throws an Error for an option that upstream's SDK does not know either
 */
export function resolveAggregation(
  option: AggregationOption,
  instrument: Descriptor,
  temporality: Temporality,
): Aggregation | undefined {
  const newMetric: NewMetric = (dataPointType, more) => (descriptor, dataPoints) =>
    ({ descriptor, aggregationTemporality: temporality, dataPointType, dataPoints, ...more }) as MetricData;
  switch (option.type) {
    case AggregationType.DEFAULT:
      return resolveAggregation(defaultOption(instrument), instrument, temporality);
    case AggregationType.DROP:
      return undefined;
    case AggregationType.SUM:
      return sumAggregation(instrument, temporality === AggregationTemporality.DELTA, newMetric);
    case AggregationType.LAST_VALUE:
      return {
        newAccumulator: (attributes, queue) => new LastValueAccumulator(attributes, queue),
        newMetric: newMetric(DataPointType.GAUGE),
      };
    case AggregationType.EXPLICIT_BUCKET_HISTOGRAM:
      return histogramAggregation(
        instrument,
        option.options?.boundaries,
        option.options?.recordMinMax,
        newMetric,
      );
    case AggregationType.EXPONENTIAL_HISTOGRAM: {
      const { maxSize = defaultMaxSize, recordMinMax = true } = option.options ?? {};
      if (maxSize < leastMaxSize) {
        diag.warn(
          `Exponential Histogram Max Size set to ${maxSize}, changing to the minimum size of: ${leastMaxSize}`,
        );
      }
      const kind = {
        maxSize: Math.max(maxSize, leastMaxSize),
        hasMinMax: recordMinMax,
        hasSum: monotonicTypes.has(instrument.type),
      };
      return {
        newAccumulator: (attributes, queue) => new ExponentialHistogramAccumulator(attributes, queue, kind),
        newMetric: newMetric(DataPointType.EXPONENTIAL_HISTOGRAM),
      };
    }
    default:
      throw new Error('Unsupported Aggregation');
  }
}
