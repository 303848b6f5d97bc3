import type * as sdk from '@opentelemetry/sdk-metrics';
import { enumeration } from '../enumeration.ts';

// Upstream's enumerations by value: the module that holds them is large, and need not be loaded for them.

/** How points of a metric relate to the collection before. */
export const AggregationTemporality: typeof sdk.AggregationTemporality = enumeration<
  typeof sdk.AggregationTemporality
>({
  DELTA: 0,
  CUMULATIVE: 1,
});

/** What becomes of measurements. */
export const AggregationType: typeof sdk.AggregationType = enumeration<typeof sdk.AggregationType>({
  DEFAULT: 0,
  DROP: 1,
  SUM: 2,
  LAST_VALUE: 3,
  EXPLICIT_BUCKET_HISTOGRAM: 4,
  EXPONENTIAL_HISTOGRAM: 5,
});

/** What points tell. */
export const DataPointType: typeof sdk.DataPointType = enumeration<typeof sdk.DataPointType>({
  HISTOGRAM: 0,
  EXPONENTIAL_HISTOGRAM: 1,
  GAUGE: 2,
  SUM: 3,
});

/** The kinds of instruments. */
export const InstrumentType: typeof sdk.InstrumentType = enumeration<typeof sdk.InstrumentType>({
  COUNTER: 'COUNTER',
  GAUGE: 'GAUGE',
  HISTOGRAM: 'HISTOGRAM',
  UP_DOWN_COUNTER: 'UP_DOWN_COUNTER',
  OBSERVABLE_COUNTER: 'OBSERVABLE_COUNTER',
  OBSERVABLE_GAUGE: 'OBSERVABLE_GAUGE',
  OBSERVABLE_UP_DOWN_COUNTER: 'OBSERVABLE_UP_DOWN_COUNTER',
});
