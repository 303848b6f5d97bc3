import type { Meter } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import {
  METRIC_OTEL_SDK_EXPORTER_LOG_EXPORTED,
  METRIC_OTEL_SDK_EXPORTER_LOG_INFLIGHT,
  METRIC_OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED,
  METRIC_OTEL_SDK_EXPORTER_METRIC_DATA_POINT_INFLIGHT,
  METRIC_OTEL_SDK_EXPORTER_SPAN_EXPORTED,
  METRIC_OTEL_SDK_EXPORTER_SPAN_INFLIGHT,
  METRIC_OTEL_SDK_PROCESSOR_LOG_PROCESSED,
  METRIC_OTEL_SDK_PROCESSOR_LOG_QUEUE_CAPACITY,
  METRIC_OTEL_SDK_PROCESSOR_LOG_QUEUE_SIZE,
  METRIC_OTEL_SDK_PROCESSOR_SPAN_PROCESSED,
  METRIC_OTEL_SDK_PROCESSOR_SPAN_QUEUE_CAPACITY,
  METRIC_OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE,
} from '../semconv.ts';
import { type DeliveryStats, deliveryStats, errorTypes } from './delivery-stats.ts';

const exportFailed = { [ATTR_ERROR_TYPE]: 'export_failed' };
const queueFull = { [ATTR_ERROR_TYPE]: 'queue_full' };

/** The descriptions are those of the semantic conventions. */
function observeExports(
  meter: Meter,
  stats: DeliveryStats,
  names: { exported: string; inFlight: string },
  unit: string,
): void {
  const items = stats === deliveryStats.points ? 'metric data points' : stats.items;
  const description = `The number of ${items} for which the export has finished, either successful or failed.`;
  meter.createObservableCounter(names.exported, { description, unit }).addCallback((result) => {
    result.observe(stats.delivered);
    let failed = stats.refused;
    // All types, those that are 0 included: an alert on a rate does not see the first value of a series.
    for (const type of errorTypes) {
      const count = stats.refusedByType[type];
      result.observe(count, { [ATTR_ERROR_TYPE]: type });
      failed -= count;
    }
    result.observe(failed, exportFailed);
  });
  const inFlight = `The number of ${items} which were passed to the exporter, but that have not been exported yet (neither successful, nor failed).`;
  meter
    .createObservableUpDownCounter(names.inFlight, { description: inFlight, unit })
    .addCallback((result) => {
      result.observe(stats.pending);
    });
}

function observeQueue(
  meter: Meter,
  stats: DeliveryStats,
  processor: string,
  names: { processed: string; size: string; capacity: string },
  unit: string,
): void {
  const { items } = stats;
  const sum = (part: 'size' | 'capacity'): number =>
    [...stats.queues].reduce((total, queue) => total + queue[part], 0);
  const processed = `The number of ${items} for which the processing has finished, either successful or failed.`;
  meter.createObservableCounter(names.processed, { description: processed, unit }).addCallback((result) => {
    result.observe(stats.delivered + stats.refused + stats.pending);
    result.observe(stats.dropped, queueFull);
  });
  const size = `The number of ${items} in the queue of a given instance of an SDK ${processor} processor.`;
  meter.createObservableUpDownCounter(names.size, { description: size, unit }).addCallback((result) => {
    result.observe(sum('size'));
  });
  const capacity = `The maximum number of ${items} the queue of a given instance of an SDK ${processor} processor can hold.`;
  meter
    .createObservableUpDownCounter(names.capacity, { description: capacity, unit })
    .addCallback((result) => {
      result.observe(sum('capacity'));
    });
}

/**
 * Registers the metrics of the SDK itself, so that dropped items and failed exports can be alerted on.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
 */
export function registerSdkMetrics(meter: Meter): void {
  observeExports(
    meter,
    deliveryStats.spans,
    { exported: METRIC_OTEL_SDK_EXPORTER_SPAN_EXPORTED, inFlight: METRIC_OTEL_SDK_EXPORTER_SPAN_INFLIGHT },
    '{span}',
  );
  observeExports(
    meter,
    deliveryStats.records,
    { exported: METRIC_OTEL_SDK_EXPORTER_LOG_EXPORTED, inFlight: METRIC_OTEL_SDK_EXPORTER_LOG_INFLIGHT },
    '{log_record}',
  );
  observeExports(
    meter,
    deliveryStats.points,
    {
      exported: METRIC_OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED,
      inFlight: METRIC_OTEL_SDK_EXPORTER_METRIC_DATA_POINT_INFLIGHT,
    },
    '{data_point}',
  );
  observeQueue(
    meter,
    deliveryStats.spans,
    'span',
    {
      processed: METRIC_OTEL_SDK_PROCESSOR_SPAN_PROCESSED,
      size: METRIC_OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE,
      capacity: METRIC_OTEL_SDK_PROCESSOR_SPAN_QUEUE_CAPACITY,
    },
    '{span}',
  );
  observeQueue(
    meter,
    deliveryStats.records,
    'log',
    {
      processed: METRIC_OTEL_SDK_PROCESSOR_LOG_PROCESSED,
      size: METRIC_OTEL_SDK_PROCESSOR_LOG_QUEUE_SIZE,
      capacity: METRIC_OTEL_SDK_PROCESSOR_LOG_QUEUE_CAPACITY,
    },
    '{log_record}',
  );
}
