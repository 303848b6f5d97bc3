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
import { SamplingDecision } from '../enumerations.ts';
import { NonRecordingSpan } from './non-recording-span.ts';
import { SpanBase } from './span-base.ts';
import type { SpanIdSource } from './span-id-source.ts';
import { LeanSpan } from './span.ts';
import { SpanAttributes } from './span-attributes.ts';
import type { SpanAttributeFactory } from './span-attribute-factory.ts';
import type { TracerSharedState } from './multi-span-processor.ts';
import { limitAttributes, filterValidAttributes } from './span-limits.ts';
import { ContextWithSpan } from './span-context-layer.ts';
import { sanitizeLinks, truncateText } from './span-values.ts';
import type { SanitizedAttributes } from '../attributes/attribute-sanitizer.ts';

/** State that all tracers of a provider share. */
export interface SamplingState {
  readonly sampler: Sampler;
  /** Whether the sampler reads attributes or links. If not, they are not sanitized for it. */
  readonly looksAtAttributes: boolean;
  readonly idSource: SpanIdSource;
  readonly attributeFactory: SpanAttributeFactory;
}

const noOptions: SpanOptions = {};

/** Creates spans. */
export class LeanTracer implements Tracer {
  #shared: TracerSharedState;
  #sampling: SamplingState;

  constructor(shared: TracerSharedState, sampling: SamplingState) {
    this.#shared = shared;
    this.#sampling = sampling;
  }

  /** Makes later spans of another configuration. Spans that exist keep theirs. */
  rebind(shared: Omit<TracerSharedState, 'scope'>, sampling: SamplingState): void {
    this.#shared = { ...shared, scope: this.#shared.scope };
    this.#sampling = sampling;
  }

  /**
   * @param describe returns the attributes, in place of those of `options`, if they are needed: an object that the span
   *   adopts, as {@link FastSpan.adopt} describes it
   */
  startSpan(
    name: string,
    options: SpanOptions = noOptions,
    context: Context = contextApi.active(),
    describe?: () => Attributes,
  ): Span {
    const { dropCounter } = this.#shared.limits;
    if (dropCounter === undefined) return this.#start(name, options, context, describe);
    try {
      return this.#start(truncateText(name), options, context, describe);
    } catch (error) {
      dropCounter.countItem(error);
      return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    }
  }

  #start(
    name: string,
    options: SpanOptions,
    context: Context,
    describe: (() => Attributes) | undefined,
  ): Span {
    const parentContext = options.root ? trace.deleteSpan(context) : context;
    // Fast path: a root context holds nothing to look up.
    const isRoot = parentContext === ROOT_CONTEXT;
    if (!isRoot && isTracingSuppressed(parentContext)) {
      diag.debug('Instrumentation suppressed, returning Noop Span');
      return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    }
    const { idSource, sampler, looksAtAttributes } = this.#sampling;
    const { limits } = this.#shared;
    const parent = isRoot ? undefined : SpanBase.validContext(trace.getSpan(parentContext));
    const spanContext = parent === undefined ? idSource.forRoot() : idSource.forChild(parent);
    const kind = typeof options.kind === 'number' ? options.kind : SpanKind.INTERNAL;
    const links = options.links === undefined ? undefined : sanitizeLinks(options.links, limits);
    const sanitized = looksAtAttributes
      ? filterValidAttributes(readAttributes(options, describe))
      : undefined;
    const result =
      sampler instanceof HeadSampler
        ? sampler.decide(parent, spanContext)
        : sampler.shouldSample(
            parentContext,
            spanContext.traceId,
            name,
            kind,
            sanitized?.attributes ?? {},
            links ?? [],
          );
    const { decision } = result;
    spanContext.traceState = result.traceState ?? parent?.traceState;
    if (decision === SamplingDecision.NOT_RECORD) {
      diag.debug('Recording is off, propagating context in a non-recording span');
      return new NonRecordingSpan(spanContext);
    }
    if (decision === SamplingDecision.RECORD_AND_SAMPLED) spanContext.traceFlags = TraceFlags.SAMPLED;
    const attributes = this.#attributes(options, describe, sanitized, result);
    const span = new LeanSpan(this.#shared, spanContext, name, kind, parent, attributes);
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
  startActiveSpan(name: string, ...args: readonly unknown[]): unknown {
    if (args.length === 0) return undefined;
    const fn = args[Math.min(args.length, 3) - 1] as (span: Span) => unknown;
    const options = args.length > 1 ? (args[0] as SpanOptions | undefined) : undefined;
    const explicitContext = args.length > 2 ? (args[1] as Context | undefined) : undefined;
    const parentContext = explicitContext ?? contextApi.active();
    const span = this.startSpan(name, options, parentContext);
    return contextApi.with(ContextWithSpan.create(parentContext, span), fn, undefined, span);
  }

  #attributes(
    options: SpanOptions,
    describe: (() => Attributes) | undefined,
    sanitized: SanitizedAttributes | undefined,
    { attributes: added }: SamplingResult,
  ): SpanAttributes {
    const { limits } = this.#shared;
    if (sanitized === undefined && added === undefined) {
      const { attributeFactory } = this.#sampling;
      return describe === undefined
        ? attributeFactory.create(options.attributes)
        : attributeFactory.adopt(describe());
    }
    const { attributes, droppedCount } =
      sanitized ?? filterValidAttributes(readAttributes(options, describe));
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
