import { millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { CollectionResult, MetricProducer, ScopeMetrics } from '@opentelemetry/sdk-metrics';

import { collectAs } from './collecting-reader.ts';
import type { LeanMeter } from './meter.ts';
import { runDeferred } from '../context/deferred.ts';
import { runAtOnce, TimeSlices } from './time-slices.ts';

/** State that all collectors of a provider share. */
export interface CollectorState {
  readonly resource: Resource;
  readonly meters: ReadonlyMap<string, LeanMeter>;
  /** Returns a number for the next collection of any reader, one more than for the last one. */
  readonly nextCollection: () => number;
}

type CollectOptions = Parameters<MetricProducer['collect']>[0];

/** Collects the metrics of all meters for one reader. */
export class MetricCollector implements MetricProducer {
  readonly #state: CollectorState;
  readonly #owner: object;
  readonly #reader: number;

  /** @param reader the index of the owner in the provider */
  constructor(state: CollectorState, owner: object, reader: number) {
    this.#owner = owner;
    this.#state = state;
    this.#reader = reader;
  }

  /** Collects each meter as soon as its callbacks are done, many series in slices with pauses for the event loop. */
  async collect(options?: CollectOptions): Promise<CollectionResult> {
    runDeferred();
    const nowMs = Date.now();
    const endTime = millisToHrTime(nowMs);
    const { resource, meters } = this.#state;
    const collection = this.#state.nextCollection();
    const slices = new TimeSlices();
    const collected = await Promise.all(
      // A copy: a callback may create another meter, which the next collection includes.
      [...meters.values()].map(async (meter) => {
        const errors = await collectAs({ reader: this.#owner, isProvisional: false }, () =>
          meter.observe(nowMs, collection, options?.timeoutMillis),
        );
        const collecting = slices.run(meter.collect(this.#reader, endTime, collection));
        // Without a pause the metrics are those of the turn in which the callbacks observed.
        const metrics = collecting instanceof Promise ? await collecting : collecting;
        return { scope: meter.scope, metrics, errors };
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

  /** Collects synchronously for an exiting process, without calling the callbacks of observable instruments. */
  collectNow(): ScopeMetrics[] {
    runDeferred();
    const endTime = millisToHrTime(Date.now());
    return Array.from(this.#state.meters.values(), (meter) => ({
      scope: meter.scope,
      metrics: runAtOnce(meter.collect(this.#reader, endTime, undefined)),
    }));
  }
}
