import type * as metrics from '@opentelemetry/sdk-metrics';
import type * as traces from '@opentelemetry/sdk-trace';

/**
 * Declares an enumeration of upstream's SDK by its values, so that the large package need not be loaded. A test compares
 * both.
 */
function enumeration<Enumeration>(members: Readonly<Record<keyof Enumeration, unknown>>): Enumeration {
  return members as Enumeration;
}

/** Whether a span is dropped, recorded for processors alone, or recorded and exported. */
export const SamplingDecision: typeof traces.SamplingDecision = enumeration<typeof traces.SamplingDecision>({
  NOT_RECORD: 0,
  RECORD: 1,
  RECORD_AND_SAMPLED: 2,
});

/** Whether data points are totals or changes since the last collection. */
export const AggregationTemporality: typeof metrics.AggregationTemporality = enumeration<
  typeof metrics.AggregationTemporality
>({
  DELTA: 0,
  CUMULATIVE: 1,
});

/** The aggregations. */
export const AggregationType: typeof metrics.AggregationType = enumeration<typeof metrics.AggregationType>({
  DEFAULT: 0,
  DROP: 1,
  SUM: 2,
  LAST_VALUE: 3,
  EXPLICIT_BUCKET_HISTOGRAM: 4,
  EXPONENTIAL_HISTOGRAM: 5,
});

/** The types of data points. */
export const DataPointType: typeof metrics.DataPointType = enumeration<typeof metrics.DataPointType>({
  HISTOGRAM: 0,
  EXPONENTIAL_HISTOGRAM: 1,
  GAUGE: 2,
  SUM: 3,
});

/** The types of instruments. */
export const InstrumentType: typeof metrics.InstrumentType = enumeration<typeof metrics.InstrumentType>({
  COUNTER: 'COUNTER',
  GAUGE: 'GAUGE',
  HISTOGRAM: 'HISTOGRAM',
  UP_DOWN_COUNTER: 'UP_DOWN_COUNTER',
  OBSERVABLE_COUNTER: 'OBSERVABLE_COUNTER',
  OBSERVABLE_GAUGE: 'OBSERVABLE_GAUGE',
  OBSERVABLE_UP_DOWN_COUNTER: 'OBSERVABLE_UP_DOWN_COUNTER',
});
