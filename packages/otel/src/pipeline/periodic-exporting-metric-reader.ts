import { diag } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { MetricReader, type PushMetricExporter, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { collectAs, errorText, suppressed } from '@sonde/sdk';
import { warnOnce } from '../diagnostics/notice.ts';
import { abortExport } from '../shutdown/exit-handle.ts';

/** The interval of exports and the timeout of one export, in milliseconds; `Infinity` is no timeout. */
export interface ExportInterval {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/**
 * Exports metrics at an interval. Unlike with the upstream reader, an export in flight does not keep the process alive.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#periodic-exporting-metricreader
 */
export class PeriodicExportingMetricReader extends MetricReader {
  readonly #exporter: PushMetricExporter;
  readonly #interval: ExportInterval;
  #timer: NodeJS.Timeout | undefined;
  #inFlight: Promise<void> | undefined;

  constructor(exporter: PushMetricExporter, interval: ExportInterval) {
    super({
      ...(exporter.selectAggregation && {
        aggregationSelector: exporter.selectAggregation.bind(exporter),
      }),
      ...(exporter.selectAggregationTemporality && {
        aggregationTemporalitySelector: exporter.selectAggregationTemporality.bind(exporter),
      }),
    });
    this.#exporter = exporter;
    this.#interval = interval;
  }

  /** Aborts the export in flight. Returns whether no remaining export can keep the process alive. */
  abort(): boolean {
    return this.#inFlight === undefined || abortExport(this.#exporter);
  }

  protected override onInitialized(): void {
    this.#timer = setInterval(() => void this.#exportOnce(), this.#interval.intervalMs).unref();
  }

  protected async onForceFlush(): Promise<void> {
    // The export in flight was collected before the call.
    await this.#inFlight;
    await this.#exportOnce();
    await suppressed(() => this.#exporter.forceFlush());
  }

  protected async onShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.onForceFlush();
    await suppressed(() => this.#exporter.shutdown());
  }

  /** Collects and exports, unless an export is in flight. Never rejects. */
  #exportOnce(): Promise<void> {
    this.#inFlight ??= this.#collectAndExport()
      .catch((error: unknown) => diag.error('Failed to export metrics', error))
      .finally(() => {
        this.#inFlight = undefined;
      });
    return this.#inFlight;
  }

  async #collectAndExport(): Promise<void> {
    const { intervalMs, timeoutMs } = this.#interval;
    const timeoutMillis = Math.min(intervalMs, timeoutMs, maxCollectionMs);
    const { resourceMetrics, errors } = await collectAs({ reader: this, isProvisional: false }, () =>
      this.collect({ timeoutMillis }),
    );
    for (const error of errors) warnOfCallback(error);
    const { resource, scopeMetrics } = resourceMetrics;
    if (resource.asyncAttributesPending) await resource.waitForAsyncAttributes?.();
    if (scopeMetrics.length === 0) return;
    if ('isQueued' in this.#exporter && this.#exporter.isQueued === true) {
      // The exporter queues the metrics until they are delivered or superseded.
      suppressed(() => this.#exporter.export(resourceMetrics, () => {}));
      return;
    }
    const { code, error } = await this.#export(resourceMetrics);
    if (code !== ExportResultCode.SUCCESS) diag.error('Failed to export metrics', error);
  }

  async #export(resourceMetrics: ResourceMetrics): Promise<ExportResult> {
    const { timeoutMs } = this.#interval;
    const { promise, resolve } = Promise.withResolvers<ExportResult>();
    const timedOut = {
      code: ExportResultCode.FAILED,
      error: new Error(`no response within ${timeoutMs} ms`),
    };
    const timer = timeoutMs === Infinity ? undefined : setTimeout(resolve, timeoutMs, timedOut).unref();
    suppressed(() => this.#exporter.export(resourceMetrics, resolve));
    const result = await promise;
    clearTimeout(timer);
    return result;
  }
}

/** Callbacks run longer only by a fault: the other metrics do not wait for them. */
const maxCollectionMs = 10_000;

/** Warns once about each fault, also of a callback that the Prometheus endpoint calls too. */
function warnOfCallback(error: unknown): void {
  const text = errorText(error);
  const message = `callback of an observable instrument failed, its series are missing: ${text}`;
  warnOnce('SONDE_METRIC_CALLBACK_FAILED', 'metrics', message);
}
