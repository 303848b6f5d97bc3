import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { LoggerProvider, type LogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { type ReadableSpan, type Sampler, SamplingDecision, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import {
  applicationApi,
  registerLoggerProvider,
  registerTracerProvider,
  unregister,
} from '../pipeline/api-copy.ts';
import { withConvertedValues } from '../pipeline/converting-logger.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { createDropCounter } from '../diagnostics/delivery-stats.ts';
import type { TestMemory } from '../state.ts';
import { MetricMemory } from './metric.ts';

/** The API globals in the order of registration. */
const parts = ['trace', 'logs', 'metrics', 'context', 'propagation'] as const;

/**
 * The upstream SDK with in-memory storage. There is one per process, because tracers and loggers stay bound to the first
 * provider that they used.
 */
export class Memory implements TestMemory, SpanProcessor, LogRecordProcessor, Sampler {
  readonly metrics: MetricMemory = new MetricMemory();
  spans: ReadableSpan[] = [];
  logs: ReadableLogRecord[] = [];
  #registered = false;
  readonly #tracerProvider = new TracerProvider({ sampler: this, spanProcessors: [this] });
  readonly #loggerProvider = withConvertedValues(
    new LoggerProvider({ processors: [this] }),
    createDropCounter(deliveryStats.records),
  );
  readonly #meterProvider = new MeterProvider({ readers: [this.metrics] });

  /** Registers the providers with the API. Returns false if others are registered, or these already are. */
  register(): boolean {
    if (this.#registered) return false;
    const { context, metrics, propagation } = applicationApi();
    const registered = [
      registerTracerProvider(this.#tracerProvider),
      registerLoggerProvider(this.#loggerProvider),
      metrics.setGlobalMeterProvider(this.#meterProvider),
      context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()),
      propagation.setGlobalPropagator(
        new CompositePropagator({
          propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
        }),
      ),
    ];
    this.#registered = registered.every(Boolean);
    if (!this.#registered)
      parts.filter((_part, index) => registered[index] === true).forEach((part) => unregister(part));
    return this.#registered;
  }

  /** Unregisters the providers. */
  unregister(): void {
    if (!this.#registered) return;
    this.#registered = false;
    for (const part of parts) unregister(part);
  }

  /** Removes all spans and log records. */
  clear(): void {
    this.spans = [];
    this.logs = [];
  }

  shouldSample(): { decision: SamplingDecision } {
    return { decision: this.#registered ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD };
  }

  onStart(span: Span): void {
    this.spans.push(span);
  }

  onEnd(): void {}

  onEmit(record: ReadableLogRecord): void {
    if (this.#registered) this.logs.push(record);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
