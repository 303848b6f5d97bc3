import {
  type Attributes,
  type Context,
  context as contextApi,
  diag,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import { HeadSampler } from './head-sampler.ts';
import { SamplingDecision } from './sampling-decision.ts';
import { NonRecordingSpan } from './non-recording-span.ts';
import { SpanBase } from './span-base.ts';
import type { SpanIdSource } from './span-id-source.ts';
import { LeanSpan } from './span.ts';
import { SpanAttributes } from './span-attributes.ts';
import type { SpanAttributeFactory } from './span-attribute-factory.ts';
import type { TracerSharedState } from './multi-span-processor.ts';
import { limitAttributes, filterValidAttributes } from './span-limits.ts';
import { ContextWithSpan } from './span-context-layer.ts';
import { sanitizeLink, truncateText } from './span-values.ts';
import type { SanitizedAttributes } from '../attributes/attribute-sanitizer.ts';

/** What all tracers of a provider share. */
export interface SamplingState {
  readonly sampler: Sampler;
  /** False when the sampler looks at neither attributes nor links: then nothing is made for it. */
  readonly looksAtAttributes: boolean;
  readonly idSource: SpanIdSource;
  readonly attributeFactory: SpanAttributeFactory;
}

const noOptions: SpanOptions = {};

/** Makes spans. */
export class LeanTracer implements Tracer {
  #shared: TracerSharedState;
  #sampling: SamplingState;

  constructor(origin: TracerSharedState, sampling: SamplingState) {
    this.#shared = origin;
    this.#sampling = sampling;
  }

  /** Makes later spans of another configuration. Spans that exist keep theirs. */
  rebind(shared: Omit<TracerSharedState, 'scope'>, sampling: SamplingState): void {
    this.#shared = { ...shared, scope: this.#shared.scope };
    this.#sampling = sampling;
  }

  /**
   * @param describe gives the attributes in the place of those of `options`, once they are needed: an object for this span
   *   alone, of a few strings, numbers and booleans
   */
  startSpan(
    name: string,
    options: SpanOptions = noOptions,
    given: Context = contextApi.active(),
    describe?: () => Attributes,
  ): Span {
    const { guard } = this.#shared.limits;
    if (guard === undefined) return this.#start(name, options, given, describe);
    try {
      return this.#start(truncateText(name), options, given, describe);
    } catch (error) {
      guard.lost(error);
      return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    }
  }

  #start(name: string, options: SpanOptions, given: Context, describe: (() => Attributes) | undefined): Span {
    const parentContext = options.root ? trace.deleteSpan(given) : given;
    // Most requests come without a trace of their own, and nothing is to be looked up in no context.
    const isNone = parentContext === ROOT_CONTEXT;
    if (!isNone && isTracingSuppressed(parentContext)) {
      diag.debug('Instrumentation suppressed, returning Noop Span');
      return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    }
    const { idSource, sampler, looksAtAttributes } = this.#sampling;
    const { limits } = this.#shared;
    const parent = isNone ? undefined : SpanBase.validContext(trace.getSpan(parentContext));
    const identity = parent === undefined ? idSource.forRoot() : idSource.forChild(parent);
    const kind = options.kind ?? SpanKind.INTERNAL;
    const links = options.links?.map((link) => sanitizeLink(link, limits));
    const seen = looksAtAttributes ? filterValidAttributes(readAttributes(options, describe)) : undefined;
    const result =
      sampler instanceof HeadSampler
        ? sampler.decide(parent, identity)
        : sampler.shouldSample(
            parentContext,
            identity.traceId,
            name,
            kind,
            seen?.attributes ?? {},
            links ?? [],
          );
    const { decision } = result;
    identity.traceState = result.traceState ?? parent?.traceState;
    if (decision === SamplingDecision.NOT_RECORD) {
      diag.debug('Recording is off, propagating context in a non-recording span');
      return new NonRecordingSpan(identity);
    }
    if (decision === SamplingDecision.RECORD_AND_SAMPLED) identity.traceFlags = TraceFlags.SAMPLED;
    const attributes = this.#attributes(options, describe, seen, result);
    const span = new LeanSpan(this.#shared, identity, name, kind, parent, attributes);
    const { startTime } = options;
    if (startTime !== undefined && startTime !== null) span.setStartTime(startTime);
    if (links !== undefined) span.setInitialLinks(links);
    this.#shared.processors.onStart(span, parentContext);
    return span;
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    fn: F,
  ): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    parentContext: Context,
    fn: F,
  ): ReturnType<F>;
  startActiveSpan(name: string, ...rest: readonly unknown[]): unknown {
    if (rest.length === 0) return undefined;
    const fn = rest[Math.min(rest.length, 3) - 1] as (span: Span) => unknown;
    const options = rest.length > 1 ? (rest[0] as SpanOptions | undefined) : undefined;
    const given = rest.length > 2 ? (rest[1] as Context | undefined) : undefined;
    const parentContext = given ?? contextApi.active();
    const span = this.startSpan(name, options, parentContext);
    return contextApi.with(ContextWithSpan.create(parentContext, span), fn, undefined, span);
  }

  #attributes(
    options: SpanOptions,
    describe: (() => Attributes) | undefined,
    seen: SanitizedAttributes | undefined,
    { attributes: added }: SamplingResult,
  ): SpanAttributes {
    const { limits } = this.#shared;
    if (seen === undefined && added === undefined) {
      const { attributeFactory } = this.#sampling;
      return describe === undefined
        ? attributeFactory.create(options.attributes)
        : attributeFactory.adopt(describe());
    }
    const { attributes, droppedCount } = seen ?? filterValidAttributes(readAttributes(options, describe));
    Object.assign(attributes, added);
    return SpanAttributes.fromSanitized(limitAttributes({ attributes, droppedCount }, limits), limits);
  }
}

function readAttributes(
  options: SpanOptions,
  describe: (() => Attributes) | undefined,
): Attributes | undefined {
  return describe === undefined ? options.attributes : describe();
}
