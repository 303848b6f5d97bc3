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
import { AggregationTemporality, AggregationType, DataPointType, InstrumentType } from '../enumerations.ts';
import { ExponentialHistogramAccumulator } from './exponential-histogram-accumulator.ts';
import { HistogramAccumulator } from './histogram-accumulator.ts';
import { AsyncSumAccumulator, LastValueAccumulator, SumAccumulator } from './number-accumulators.ts';

/** Creates the accumulators and the exported data of a metric. */
export interface Aggregation {
  readonly newAccumulator: (attributes: Attributes, queue: CollectionQueue) => Accumulator;
  readonly newMetric: (descriptor: Descriptor, dataPoints: DataPoint<PointValue>[]) => MetricData;
}

const defaultBoundaries = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
const defaultMaxSize = 160;
const leastMaxSize = 2;

/** Sorts boundaries, and removes duplicates and those that are not finite: the first and the last bucket are unbounded anyway. */
function sanitizeBoundaries(boundaries: readonly number[]): number[] {
  return [...new Set(boundaries)].filter(Number.isFinite).toSorted((a, b) => a - b);
}

const { COUNTER, GAUGE, HISTOGRAM, OBSERVABLE_COUNTER, OBSERVABLE_GAUGE, OBSERVABLE_UP_DOWN_COUNTER } =
  InstrumentType;
const observables = new Set([OBSERVABLE_COUNTER, OBSERVABLE_GAUGE, OBSERVABLE_UP_DOWN_COUNTER]);
/** Whether callbacks observe the values of an instrument of this type. */
export function isObservable(type: Descriptor['type']): boolean {
  return observables.has(type);
}

const gauges = new Set([GAUGE, OBSERVABLE_GAUGE]);
/** Instruments without negative values: only their sums are meaningful in a histogram. */
const monotonicTypes = new Set([COUNTER, HISTOGRAM, OBSERVABLE_COUNTER]);

type NewMetric = (dataPointType: PointType, extra?: object) => Aggregation['newMetric'];

function sumAggregation(instrument: Descriptor, isDelta: boolean, newMetric: NewMetric): Aggregation {
  const options = { isMonotonic: monotonicTypes.has(instrument.type), isDelta };
  return {
    newAccumulator: (attributes, queue) =>
      isObservable(instrument.type)
        ? new AsyncSumAccumulator(attributes, queue, options)
        : new SumAccumulator(attributes, queue),
    newMetric: newMetric(DataPointType.SUM, { isMonotonic: options.isMonotonic }),
  };
}

function histogramAggregation(
  instrument: Descriptor,
  explicitBoundaries: readonly number[] | undefined,
  hasMinMax: boolean | undefined,
  newMetric: NewMetric,
): Aggregation {
  const boundaries =
    explicitBoundaries === undefined ? defaultBoundaries : sanitizeBoundaries(explicitBoundaries);
  const options = { boundaries, hasMinMax: hasMinMax ?? true, hasSum: monotonicTypes.has(instrument.type) };
  return {
    newAccumulator: (attributes, queue) => new HistogramAccumulator(attributes, queue, options),
    newMetric: newMetric(DataPointType.HISTOGRAM),
  };
}

/** Returns the default aggregation of an instrument. */
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
 * Resolves the aggregation of an option; undefined for a dropped metric.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#aggregation
 * @throws {Error} for an unsupported aggregation, as upstream's SDK does
 */
export function resolveAggregation(
  option: AggregationOption,
  instrument: Descriptor,
  temporality: Temporality,
): Aggregation | undefined {
  const newMetric: NewMetric = (dataPointType, extra) => (descriptor, dataPoints) =>
    ({ descriptor, aggregationTemporality: temporality, dataPointType, dataPoints, ...extra }) as MetricData;
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
      const options = {
        maxSize: Math.max(maxSize, leastMaxSize),
        hasMinMax: recordMinMax,
        hasSum: monotonicTypes.has(instrument.type),
      };
      return {
        newAccumulator: (attributes, queue) =>
          new ExponentialHistogramAccumulator(attributes, queue, options),
        newMetric: newMetric(DataPointType.EXPONENTIAL_HISTOGRAM),
      };
    }
    default:
      throw new Error('Unsupported Aggregation');
  }
}
