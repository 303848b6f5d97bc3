import {
  type AggregationOption,
  AggregationTemporality,
  DataPointType,
  type InstrumentType,
  type MetricData,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

import { type EncodedPart, OtlpExporter } from './exporter.ts';
import { encodeMetrics } from './encode/metrics.ts';
import type { OtlpOptions } from './options.ts';
import {
  selectAggregation,
  type HistogramAggregation,
  histogramRule,
  readMetricPreferences,
  type TemporalityPreference,
  selectTemporality,
  temporalityRule,
} from './temporality.ts';
import { createInvalidOptionFault, NoticeBoard, SondeConfigError } from '@sonde/sdk';

/** Options of {@link OtlpMetricExporter}. */
export interface OtlpMetricOptions extends OtlpOptions {
  /** The aggregation temporality. @default OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE, or 'cumulative' */
  temporality?: TemporalityPreference;
  /** The aggregation of histograms without a view. @default OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION, or 'explicit_bucket_histogram' */
  histogram?: HistogramAggregation;
}

/**
 * Sends metrics over OTLP/HTTP, with exemplars for metrics recorded through `ProxyMeterProvider` inside sampled spans.
 *
 * @throws {SondeConfigError} that lists all invalid options
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/
 * @example
 * ```ts
 * const exporter = new OtlpMetricExporter({ temporality: 'delta' });
 * const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
 * ```
 */
export class OtlpMetricExporter extends OtlpExporter<ResourceMetrics> implements PushMetricExporter {
  readonly #temporality: TemporalityPreference;
  readonly #histogram: HistogramAggregation;
  #lastDeliveryMs = 0;
  #lastExportMs = 0;

  constructor({ temporality, histogram, ...options }: OtlpMetricOptions = {}) {
    super('metrics', options);
    for (const [name, value, rule] of [
      ['temporality', temporality, temporalityRule],
      ['histogram', histogram, histogramRule],
    ] as const) {
      if (value === undefined || rule.test(value)) continue;
      throw new SondeConfigError('OtlpMetricExporter', [createInvalidOptionFault(name, value, rule.allowed)]);
    }
    const environment = readMetricPreferences(new NoticeBoard(options.onNotice));
    this.#temporality = temporality ?? environment.temporality ?? 'cumulative';
    this.#histogram = histogram ?? environment.histogram ?? 'explicit_bucket_histogram';
  }

  selectAggregationTemporality(instrument: InstrumentType): AggregationTemporality {
    return selectTemporality(this.#temporality, instrument);
  }

  selectAggregation(instrument: InstrumentType): AggregationOption {
    return selectAggregation(this.#histogram, instrument);
  }

  /**
   * Cumulative metrics and gauges form a snapshot, which the next one replaces if it is not delivered until then. Delta
   * points are kept, so that their sums stay exact.
   */
  protected encode(metrics: ResourceMetrics): readonly EncodedPart[] {
    const startMs = Date.now();
    const [deltas, snapshot] = splitByTemporality(metrics);
    const parts: EncodedPart[] = [];
    if (deltas.scopeMetrics.length > 0) {
      parts.push(encodeMetrics(deltas, { exemplarsAfterMs: this.#lastExportMs }));
    }
    if (snapshot.scopeMetrics.length > 0) {
      const encoded = encodeMetrics(snapshot, { exemplarsAfterMs: this.#lastDeliveryMs });
      // Exemplars of a failed export are sent again.
      const onDelivered = (): void => void (this.#lastDeliveryMs = startMs);
      parts.push({ ...encoded, isSnapshot: true, onDelivered });
    }
    this.#lastExportMs = startMs;
    return parts;
  }
}

function isDelta(metric: MetricData): boolean {
  return (
    metric.dataPointType !== DataPointType.GAUGE &&
    metric.aggregationTemporality === AggregationTemporality.DELTA
  );
}

/** The metrics with delta temporality, and the others. */
function splitByTemporality(
  resourceMetrics: ResourceMetrics,
): readonly [deltas: ResourceMetrics, others: ResourceMetrics] {
  const select = (test: (metric: MetricData) => boolean): ResourceMetrics => ({
    resource: resourceMetrics.resource,
    scopeMetrics: resourceMetrics.scopeMetrics
      .map(({ scope, metrics }) => ({ scope, metrics: metrics.filter(test) }))
      .filter(({ metrics }) => metrics.length > 0),
  });
  const deltas = select(isDelta);
  return deltas.scopeMetrics.length === 0
    ? [deltas, resourceMetrics]
    : [deltas, select((metric) => !isDelta(metric))];
}
