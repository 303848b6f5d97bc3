import type { TracerProvider } from '@opentelemetry/api';
import { callWithTimeout, type InstrumentationScope, TimeoutError } from '@opentelemetry/core';
import { defaultResource } from '@opentelemetry/resources';
import type { SpanProcessor, TracerProviderOptions } from '@opentelemetry/sdk-trace';

import { HeadSampler } from './head-sampler.ts';

import { CustomIdSource, RandomIdSource } from './span-id-source.ts';
import { MultiSpanProcessor, type TracerSharedState } from './multi-span-processor.ts';
import { type GuardedLimits, resolveSpanLimits } from './span-limits.ts';
import { SpanAttributeFactory } from './span-attribute-factory.ts';
import { LeanTracer, type SamplingState } from './tracer.ts';
import { NameLimit } from '../metrics/name-limit.ts';
import { runDeferred } from '../context/deferred.ts';
import { readScope } from '../identity.ts';
import type { DropCounter } from '../drop-counter.ts';

/** Options of {@link LeanTracerProvider}, in addition to those of upstream's provider. */
export interface LeanTracerProviderOptions extends TracerProviderOptions {
  /** Whether the sampler reads attributes or links. @default true with a `sampler` */
  readonly samplerLooksAtAttributes?: boolean;
  /** Counts dropped data. If set, spans and tracers do not throw. */
  readonly dropCounter?: DropCounter;
  /** Called once when the limit of tracers is reached. */
  readonly onNameLimit?: (limit: number) => void;
}

/**
 * A tracer provider with the interface of upstream's provider and lower overhead.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#tracer-provider
 */
export class LeanTracerProvider implements TracerProvider {
  readonly #tracers = new Map<string, LeanTracer>();
  readonly #names: NameLimit;
  #spanProcessors: readonly SpanProcessor[];
  #shared: Omit<TracerSharedState, 'scope'>;
  #sampling: SamplingState;

  constructor(options: LeanTracerProviderOptions = {}) {
    this.#names = new NameLimit(options.onNameLimit ?? (() => {}));
    this.#spanProcessors = options.spanProcessors ?? [];
    this.#shared = createSharedState(options);
    this.#sampling = createSamplingState(options, this.#shared.limits);
  }

  /** Connects all tracers to new processors after the previous ones were shut down. Existing spans keep theirs. */
  restart(options: LeanTracerProviderOptions): void {
    runDeferred();
    this.#spanProcessors = options.spanProcessors ?? [];
    this.#shared = createSharedState(options);
    this.#sampling = createSamplingState(options, this.#shared.limits);
    for (const tracer of this.#tracers.values()) tracer.rebind(this.#shared, this.#sampling);
  }

  getTracer(name: string, version?: string, options?: { schemaUrl?: string }): LeanTracer {
    const scope = readScope(name, version, options);
    const key = `${scope.name}@${scope.version ?? ''}:${scope.schemaUrl ?? ''}`;
    let tracer = this.#tracers.get(key);
    if (tracer === undefined) {
      tracer = new LeanTracer({ ...this.#shared, scope: scope as InstrumentationScope }, this.#sampling);
      // Beyond the limit, each call creates a tracer that is not kept.
      if (this.#names.admit()) this.#tracers.set(key, tracer);
    }
    return tracer;
  }

  /** Flushes all processors. Rejects with a list of errors and timeouts. */
  async forceFlush({ timeoutMillis = 30_000 }: { timeoutMillis?: number } = {}): Promise<void> {
    runDeferred();
    const timeoutMessage = `Span processor did not completed within timeout period of ${timeoutMillis} ms`;
    const results = await Promise.all(
      this.#spanProcessors.map((processor) =>
        callWithTimeout(processor.forceFlush(), timeoutMillis).then(
          () => undefined,
          (error: unknown) => ({ error: error instanceof TimeoutError ? new Error(timeoutMessage) : error }),
        ),
      ),
    );
    const errors = results.flatMap((result) => (result === undefined ? [] : [result.error]));
    // Upstream rejects with a list.
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors, typescript/only-throw-error
    if (errors.length > 0) throw errors;
  }

  /** Shuts down all processors. */
  async shutdown(): Promise<void> {
    runDeferred();
    await Promise.all(this.#spanProcessors.map((processor) => processor.shutdown()));
  }
}

function createSharedState(options: LeanTracerProviderOptions): Omit<TracerSharedState, 'scope'> {
  return {
    resource: options.resource ?? defaultResource(),
    limits: resolveSpanLimits(options.spanLimits, options.dropCounter),
    processors: new MultiSpanProcessor(options.spanProcessors ?? []),
  };
}

function createSamplingState(options: LeanTracerProviderOptions, limits: GuardedLimits): SamplingState {
  return {
    sampler: options.sampler ?? new HeadSampler({ ratio: 1, isParentBased: true }),
    looksAtAttributes: options.samplerLooksAtAttributes ?? options.sampler !== undefined,
    idSource:
      options.idGenerator === undefined ? new RandomIdSource() : new CustomIdSource(options.idGenerator),
    attributeFactory: new SpanAttributeFactory(limits),
  };
}
