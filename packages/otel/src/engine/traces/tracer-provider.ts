import type { InstrumentationScope } from '@opentelemetry/core';
import { defaultResource, type Resource } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  ParentBasedSampler,
  type SpanLimits,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracerProviderOptions } from '@opentelemetry/sdk-trace';
import { PooledIds } from './pooled-ids.ts';
import type { SpanOrigin } from './span-record.ts';
import { SpanFanOut } from './span-fan-out.ts';
import { limitedAttributes, spanLimits, validAttributes } from './span-limits.ts';
import { StartAttributes } from '../start-attributes.ts';
import { LeanTracer, type Sampling } from './tracer.ts';

/** What {@link LeanTracerProvider} takes beside what upstream's takes. */
export interface LeanTracerProviderOptions extends TracerProviderOptions {
  /** False when the sampler looks at neither attributes nor links of a span. @default true, unless there is no sampler */
  readonly samplerLooksAtAttributes?: boolean;
}

/**
 * A provider of tracers that takes what upstream's takes, and hands the same spans to the same processors for less.
 * Flush, shutdown and how it prints are upstream's own.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#tracer-provider
 */
export class LeanTracerProvider extends TracerProvider {
  readonly #tracers = new Map<string, LeanTracer>();
  readonly #resource: Resource;
  readonly #limits: Required<SpanLimits>;
  readonly #processors: SpanFanOut;
  readonly #sampling: Sampling;

  constructor(options: LeanTracerProviderOptions = {}) {
    const resource = options.resource ?? defaultResource();
    super({ ...options, resource });
    const limits = spanLimits(options.spanLimits);
    this.#resource = resource;
    this.#limits = limits;
    this.#processors = new SpanFanOut(options.spanProcessors ?? []);
    this.#sampling = {
      sampler: options.sampler ?? new ParentBasedSampler({ root: new AlwaysOnSampler() }),
      looksAtAttributes: options.samplerLooksAtAttributes ?? options.sampler !== undefined,
      ids: options.idGenerator ?? new PooledIds(),
      startAttributes: new StartAttributes(limits, (given) =>
        limitedAttributes(validAttributes(given), limits),
      ),
    };
  }

  override getTracer(name: string, version?: string, options?: { schemaUrl?: string }): LeanTracer {
    const schemaUrl = options?.schemaUrl;
    const key = `${name}@${version ?? ''}:${schemaUrl ?? ''}`;
    let tracer = this.#tracers.get(key);
    if (tracer === undefined) {
      const scope = { name, version, schemaUrl } as InstrumentationScope;
      const origin: SpanOrigin = {
        resource: this.#resource,
        scope,
        limits: this.#limits,
        processors: this.#processors,
      };
      tracer = new LeanTracer(origin, this.#sampling);
      this.#tracers.set(key, tracer);
    }
    return tracer;
  }
}
