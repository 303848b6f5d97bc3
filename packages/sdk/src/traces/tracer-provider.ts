import type { TracerProvider } from '@opentelemetry/api';
import { callWithTimeout, type InstrumentationScope, TimeoutError } from '@opentelemetry/core';
import { defaultResource, type Resource } from '@opentelemetry/resources';
import type { SpanProcessor, TracerProviderOptions } from '@opentelemetry/sdk-trace';

import { HeadSampler } from './head-sampler.ts';

import { CustomIdSource, RandomIdSource } from './span-id-source.ts';
import type { TracerSharedState } from './readable-span.ts';
import { MultiSpanProcessor } from './multi-span-processor.ts';
import { type GuardedLimits, spanLimits } from './span-limits.ts';
import { SpanAttributeFactory } from './span-attribute-factory.ts';
import { LeanTracer, type SamplingState } from './tracer.ts';
import { NameLimit } from '../metrics/name-limit.ts';
import { runDeferred } from '../context/deferred.ts';
import type { Guard } from '../loss-counter.ts';

/** What {@link LeanTracerProvider} takes beside what upstream's takes. */
export interface LeanTracerProviderOptions extends TracerProviderOptions {
  /** False when the sampler looks at neither attributes nor links of a span. @default true, unless there is no sampler */
  readonly samplerLooksAtAttributes?: boolean;
  /** Keeps errors away from who makes spans, and counts what is dropped. @default upstream's behavior */
  readonly guard?: Guard;
  /** Called once when as many tracers exist as are kept. */
  readonly onNameLimit?: (limit: number) => void;
}

/**
 * A provider of tracers that takes what upstream's takes, and hands the same spans to the same processors for less.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#tracer-provider
 */
export class LeanTracerProvider implements TracerProvider {
  readonly #tracers = new Map<string, LeanTracer>();
  readonly #names: NameLimit;
  readonly #resource: Resource;
  readonly #limits: GuardedLimits;
  readonly #spanProcessors: readonly SpanProcessor[];
  readonly #processors: MultiSpanProcessor;
  readonly #sampling: SamplingState;

  constructor(options: LeanTracerProviderOptions = {}) {
    const resource = options.resource ?? defaultResource();
    const limits = spanLimits(options.spanLimits, options.guard);
    this.#names = new NameLimit(options.onNameLimit ?? (() => {}));
    this.#resource = resource;
    this.#limits = limits;
    this.#spanProcessors = options.spanProcessors ?? [];
    this.#processors = new MultiSpanProcessor(this.#spanProcessors);
    this.#sampling = {
      sampler: options.sampler ?? new HeadSampler({ ratio: 1, isParentBased: true }),
      looksAtAttributes: options.samplerLooksAtAttributes ?? options.sampler !== undefined,
      idSource:
        options.idGenerator === undefined ? new RandomIdSource() : new CustomIdSource(options.idGenerator),
      attributeFactory: new SpanAttributeFactory(limits),
    };
  }

  getTracer(name: string, version?: string, options?: { schemaUrl?: string }): LeanTracer {
    const schemaUrl = options?.schemaUrl;
    const key = `${name}@${version ?? ''}:${schemaUrl ?? ''}`;
    let tracer = this.#tracers.get(key);
    if (tracer === undefined) {
      const scope = { name, version, schemaUrl } as InstrumentationScope;
      const origin: TracerSharedState = {
        resource: this.#resource,
        scope,
        limits: this.#limits,
        processors: this.#processors,
      };
      tracer = new LeanTracer(origin, this.#sampling);
      // Beyond the limit each call makes one of its own, which works the same and is not kept.
      if (this.#names.admit()) this.#tracers.set(key, tracer);
    }
    return tracer;
  }

  /** Rejects with a list of what went wrong, when something did or a processor took longer than `timeoutMillis`. */
  async forceFlush({ timeoutMillis = 30_000 }: { timeoutMillis?: number } = {}): Promise<void> {
    runDeferred();
    const late = `Span processor did not completed within timeout period of ${timeoutMillis} ms`;
    const results = await Promise.all(
      this.#spanProcessors.map((processor) =>
        callWithTimeout(processor.forceFlush(), timeoutMillis).then(
          () => undefined,
          (error: unknown) => ({ error: error instanceof TimeoutError ? new Error(late) : error }),
        ),
      ),
    );
    const errors = results.flatMap((result) => (result === undefined ? [] : [result.error]));
    // Upstream rejects with a list.
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors, typescript/only-throw-error
    if (errors.length > 0) throw errors;
  }

  /** Ends all processors. */
  async shutdown(): Promise<void> {
    runDeferred();
    await Promise.all(this.#spanProcessors.map((processor) => processor.shutdown()));
  }
}
