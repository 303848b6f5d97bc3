import type { Meter } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@opentelemetry/semantic-conventions';
import {
  METRIC_OTEL_SDK_EXPORTER_LOG_EXPORTED,
  METRIC_OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED,
  METRIC_OTEL_SDK_EXPORTER_SPAN_EXPORTED,
  METRIC_OTEL_SDK_PROCESSOR_LOG_PROCESSED,
  METRIC_OTEL_SDK_PROCESSOR_LOG_QUEUE_CAPACITY,
  METRIC_OTEL_SDK_PROCESSOR_LOG_QUEUE_SIZE,
  METRIC_OTEL_SDK_PROCESSOR_SPAN_PROCESSED,
  METRIC_OTEL_SDK_PROCESSOR_SPAN_QUEUE_CAPACITY,
  METRIC_OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE,
} from '../semconv.ts';
import { type DeliveryStats, deliveryStats } from './delivery-stats.ts';

const exportFailed = { [ATTR_ERROR_TYPE]: 'export_failed' };
const queueFull = { [ATTR_ERROR_TYPE]: 'queue_full' };

function observeExports(meter: Meter, flow: DeliveryStats, name: string, unit: string): void {
  const description = `The ${flow.items} that exporters were done with, those they failed with included.`;
  meter.createObservableCounter(name, { description, unit }).addCallback((result) => {
    result.observe(flow.delivered);
    result.observe(flow.refused, exportFailed);
  });
}

function observeQueue(
  meter: Meter,
  flow: DeliveryStats,
  names: { processed: string; size: string; capacity: string },
  unit: string,
): void {
  const sum = (part: 'size' | 'capacity'): number =>
    flow.queues.reduce((total, queue) => total + queue[part], 0);
  const processed = `The ${flow.items} that left their queue, and those that found it full.`;
  meter.createObservableCounter(names.processed, { description: processed, unit }).addCallback((result) => {
    result.observe(flow.delivered + flow.refused + flow.pending);
    result.observe(flow.dropped, queueFull);
  });
  const size = `The ${flow.items} that wait for export.`;
  meter.createObservableUpDownCounter(names.size, { description: size, unit }).addCallback((result) => {
    result.observe(sum('size'));
  });
  const capacity = `The most ${flow.items} that may wait for export.`;
  meter
    .createObservableUpDownCounter(names.capacity, { description: capacity, unit })
    .addCallback((result) => {
      result.observe(sum('capacity'));
    });
}

/**
 * What becomes of the telemetry itself, as metrics: drops and failures can be alerted on before anybody reads stderr.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
 */
export function registerSdkMetrics(meter: Meter): void {
  observeExports(meter, deliveryStats.spans, METRIC_OTEL_SDK_EXPORTER_SPAN_EXPORTED, '{span}');
  observeExports(meter, deliveryStats.records, METRIC_OTEL_SDK_EXPORTER_LOG_EXPORTED, '{log_record}');
  observeExports(
    meter,
    deliveryStats.points,
    METRIC_OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED,
    '{data_point}',
  );
  observeQueue(
    meter,
    deliveryStats.spans,
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
    {
      processed: METRIC_OTEL_SDK_PROCESSOR_LOG_PROCESSED,
      size: METRIC_OTEL_SDK_PROCESSOR_LOG_QUEUE_SIZE,
      capacity: METRIC_OTEL_SDK_PROCESSOR_LOG_QUEUE_CAPACITY,
    },
    '{log_record}',
  );
}
