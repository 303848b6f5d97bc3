import { type Histogram, type Meter, ValueType } from '@opentelemetry/api';
import { METRIC_DB_CLIENT_OPERATION_DURATION } from '@opentelemetry/semantic-conventions';
import type { OperationMetrics } from './channel-subscriber.ts';

const durationBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** @see https://opentelemetry.io/docs/specs/semconv/database/database-metrics/#metric-dbclientoperationduration */
export function createDatabaseMetrics(meter: Meter): OperationMetrics {
  const duration: Histogram = meter.createHistogram(METRIC_DB_CLIENT_OPERATION_DURATION, {
    description: 'Duration of database client operations.',
    unit: 's',
    valueType: ValueType.DOUBLE,
    advice: { explicitBucketBoundaries: durationBuckets },
  });
  return {
    record: (seconds, attributes, context) => duration.record(seconds, attributes, context),
  };
}
