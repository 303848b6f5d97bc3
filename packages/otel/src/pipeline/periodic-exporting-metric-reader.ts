import { diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { MetricReader, type PushMetricExporter, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { suppressed } from '@sonde/sdk';

/** How often metrics are exported, and how long one export may take; in milliseconds. */
export interface ExportInterval {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/**
 * Exports metrics now and then. Upstream's reader keeps the process while an export is under way; this one does not.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#periodic-exporting-metricreader
 */
export class PeriodicExportingMetricReader extends MetricReader {
  readonly #exporter: PushMetricExporter;
  readonly #period: ExportInterval;
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;

  constructor(exporter: PushMetricExporter, period: ExportInterval) {
    super({
      ...(exporter.selectAggregation && {
        aggregationSelector: exporter.selectAggregation.bind(exporter),
      }),
      ...(exporter.selectAggregationTemporality && {
        aggregationTemporalitySelector: exporter.selectAggregationTemporality.bind(exporter),
      }),
    });
    this.#exporter = exporter;
    this.#period = period;
  }

  protected override onInitialized(): void {
    this.#timer = setInterval(() => void this.#exportOnce(), this.#period.intervalMs).unref();
  }

  protected async onForceFlush(): Promise<void> {
    // What is under way was collected before the call.
    await this.#underWay;
    await this.#exportOnce();
    await suppressed(() => this.#exporter.forceFlush());
  }

  protected async onShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.onForceFlush();
    await suppressed(() => this.#exporter.shutdown());
  }

  /** One export at a time: an interval that finds one under way is passed over. Never rejects. */
  #exportOnce(): Promise<void> {
    this.#underWay ??= this.#collectAndExport()
      .catch((error: unknown) => diag.error('Metrics could not be exported', error))
      .finally(() => {
        this.#underWay = undefined;
      });
    return this.#underWay;
  }

  async #collectAndExport(): Promise<void> {
    const { resourceMetrics, errors } = await this.collect();
    if (errors.length > 0) diag.error('Metrics could not all be collected', ...errors);
    const { resource, scopeMetrics } = resourceMetrics;
    if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
    if (scopeMetrics.length === 0) return;
    const { code, error } = await this.#export(resourceMetrics);
    if (code !== ExportResultCode.SUCCESS) diag.error('Metrics were not delivered', error);
  }

  async #export(resourceMetrics: ResourceMetrics): Promise<ExportResult> {
    const { timeoutMs } = this.#period;
    const { promise, resolve } = Promise.withResolvers<ExportResult>();
    const late = { code: ExportResultCode.FAILED, error: new Error(`no answer within ${timeoutMs} ms`) };
    const timer = setTimeout(resolve, timeoutMs, late).unref();
    suppressed(() => this.#exporter.export(resourceMetrics, resolve));
    const result = await promise;
    clearTimeout(timer);
    return result;
  }
}
