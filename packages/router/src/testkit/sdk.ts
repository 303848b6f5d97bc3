import { EventEmitter, once } from 'node:events';
import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  type ReadableSpan,
  type Sampler,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

class Reader extends MetricReader {
  protected onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** A point of a metric: its attributes and value, or the count of a histogram. */
export interface Point {
  readonly attributes: Record<string, unknown>;
  readonly value: number;
}

/** The real SDK in memory, as the process's globals. */
export class Sdk {
  readonly #spans: ReadableSpan[] = [];
  readonly #ended = new EventEmitter();
  readonly #reader = new Reader();

  constructor(sampler?: Sampler) {
    const keep: SpanProcessor = {
      onStart: () => {},
      onEnd: (span) => {
        this.#spans.push(span);
        this.#ended.emit('span');
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(
      new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
    );
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [keep], ...(sampler !== undefined && { sampler }) }),
    );
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [this.#reader] }));
  }

  /** Waits until so many spans have ended, and takes them. */
  async spans(count = 1): Promise<ReadableSpan[]> {
    while (this.#spans.length < count) await once(this.#ended, 'span');
    return this.#spans.splice(0);
  }

  /** The points of a metric so far. */
  async points(name: string): Promise<Point[]> {
    const { resourceMetrics } = await this.#reader.collect();
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics: each }) => each);
    return all
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints.map(({ attributes, value }) => ({ attributes, value })))
      .map(({ attributes, value }) => ({
        attributes: { ...attributes },
        value: typeof value === 'number' ? value : value.count,
      }));
  }

  /** Descriptor of a metric. */
  async descriptor(name: string): Promise<unknown> {
    const { resourceMetrics } = await this.#reader.collect();
    const all = resourceMetrics.scopeMetrics.flatMap(({ metrics: each }) => each);
    return all.find(({ descriptor }) => descriptor.name === name)?.descriptor;
  }
}
