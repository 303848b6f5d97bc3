import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

import type { EncodedRequest } from './encode/request-builder.ts';
import { OtlpExporter, type OtlpExportResult } from './exporter.ts';
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

  override export(metrics: ResourceMetrics, done: (result: OtlpExportResult) => void): void {
    const exportStartMs = Date.now();
    super.export(metrics, (result) => {
      // Exemplars of a failed export are sent again.
      if (isDelivered(result)) this.#lastDeliveryMs = exportStartMs;
      done(result);
    });
  }

  selectAggregationTemporality(instrument: InstrumentType): AggregationTemporality {
    return selectTemporality(this.#temporality, instrument);
  }

  selectAggregation(instrument: InstrumentType): AggregationOption {
    return selectAggregation(this.#histogram, instrument);
  }

  protected encode(metrics: ResourceMetrics): EncodedRequest {
    return encodeMetrics(metrics, { exemplarsAfterMs: this.#lastDeliveryMs });
  }
}

function isDelivered({ code }: ExportResult): boolean {
  return code === ExportResultCode.SUCCESS;
}
