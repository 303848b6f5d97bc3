import { millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { CollectionResult, MetricProducer, ScopeMetrics } from '@opentelemetry/sdk-metrics';

import type { LeanMeter } from './meter.ts';
import { runDeferred } from '../context/deferred.ts';

/** What all collectors of a provider share. */
export interface CollectorState {
  readonly resource: Resource;
  readonly meters: ReadonlyMap<string, LeanMeter>;
}

type CollectOptions = Parameters<MetricProducer['collect']>[0];

/** What one reader collects from. */
export class MetricCollector implements MetricProducer {
  readonly #collected: CollectorState;
  readonly #reader: number;

  /** @param reader the number of the reader among those of the provider */
  constructor(collected: CollectorState, reader: number) {
    this.#collected = collected;
    this.#reader = reader;
  }

  /** Each meter is collected as soon as its own callbacks are done. */
  async collect(options?: CollectOptions): Promise<CollectionResult> {
    runDeferred();
    const nowMs = Date.now();
    const endTime = millisToHrTime(nowMs);
    const { resource, meters } = this.#collected;
    const collected = await Promise.all(
      // A meter that a callback asks for is collected the next time.
      [...meters.values()].map(async (meter) => {
        const errors = await meter.observe(nowMs, options?.timeoutMillis);
        return { scope: meter.scope, metrics: meter.collect(this.#reader, endTime), errors };
      }),
    );
    return {
      resourceMetrics: {
        resource,
        scopeMetrics: collected
          .filter(({ metrics }) => metrics.length > 0)
          .map(({ scope, metrics }) => ({ scope, metrics })),
      },
      errors: collected.flatMap(({ errors }) => errors),
    };
  }

  /** Collects at once, for a process that ends: callbacks of observable instruments are not called. */
  collectNow(): ScopeMetrics[] {
    runDeferred();
    const endTime = millisToHrTime(Date.now());
    return Array.from(this.#collected.meters.values(), (meter) => ({
      scope: meter.scope,
      metrics: meter.collect(this.#reader, endTime),
    }));
  }
}
