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

/** Options of the OTLP exporter of metrics. */
export interface OtlpMetricOptions extends OtlpOptions {
  /** @default OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE, or 'cumulative' */
  temporality?: TemporalityPreference;
  /** @default OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION, or 'explicit_bucket_histogram' */
  histogram?: HistogramAggregation;
}

/**
 * Sends metrics over OTLP/HTTP, with the exemplars of those that were measured through `ProxyMeterProvider` inside
 * sampled spans.
 *
 * @throws {SondeConfigError} for options that cannot be right, all faults in one
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
  #deliveredAtMs = 0;

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
    const exportedAtMs = Date.now();
    super.export(metrics, (result) => {
      // Exemplars that did not arrive are sent again.
      if (isDelivered(result)) this.#deliveredAtMs = exportedAtMs;
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
    return encodeMetrics(metrics, { exemplarsAfterMs: this.#deliveredAtMs });
  }
}

function isDelivered({ code }: ExportResult): boolean {
  return code === ExportResultCode.SUCCESS;
}
