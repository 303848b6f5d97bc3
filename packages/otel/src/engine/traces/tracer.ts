import {
  type Attributes,
  type Context,
  context as contextApi,
  diag,
  INVALID_SPAN_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  trace,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import type { IdGenerator, Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import { HeadSampler } from '../../traces/head-sampler.ts';
import { SamplingDecision } from '../../traces/sampling-decision.ts';
import { cleanLink, LeanSpan } from './span.ts';
import { validSpanContext } from './valid-span-context.ts';
import type { SpanOrigin } from './span-record.ts';
import { limitedAttributes, validAttributes } from './span-limits.ts';
import { SpanScope } from './span-scope.ts';
import type { CleanAttributes, StartAttributes } from '../start-attributes.ts';

/** What all tracers of a provider share. */
export interface Sampling {
  readonly sampler: Sampler;
  /** False when the sampler looks at neither attributes nor links: then nothing is made for it. */
  readonly looksAtAttributes: boolean;
  readonly ids: IdGenerator;
  readonly startAttributes: StartAttributes;
}

const noOptions: SpanOptions = {};

/** Makes spans. */
export class LeanTracer implements Tracer {
  readonly #origin: SpanOrigin;
  readonly #sampling: Sampling;

  constructor(origin: SpanOrigin, sampling: Sampling) {
    this.#origin = origin;
    this.#sampling = sampling;
  }

  /** @param describe gives the attributes in the place of those of `options`, once they are needed */
  startSpan(
    name: string,
    options: SpanOptions = noOptions,
    given: Context = contextApi.active(),
    describe?: () => Attributes,
  ): Span {
    const parentContext = options.root ? trace.deleteSpan(given) : given;
    if (isTracingSuppressed(parentContext)) {
      diag.debug('Instrumentation suppressed, returning Noop Span');
      return trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    }
    const { ids, sampler, looksAtAttributes } = this.#sampling;
    const { limits } = this.#origin;
    const parentSpanContext = validSpanContext(trace.getSpan(parentContext));
    const spanId = ids.generateSpanId();
    const traceId = parentSpanContext?.traceId ?? ids.generateTraceId();
    const kind = options.kind ?? SpanKind.INTERNAL;
    const links = options.links?.map((link) => cleanLink(link, limits));
    const seen = looksAtAttributes ? validAttributes(attributesOf(options, describe)) : undefined;
    const result =
      sampler instanceof HeadSampler
        ? sampler.decide(parentSpanContext, traceId)
        : sampler.shouldSample(parentContext, traceId, name, kind, seen?.attributes ?? {}, links ?? []);
    const { decision, traceState = parentSpanContext?.traceState } = result;
    const traceFlags =
      decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE;
    const spanContext = { traceId, spanId, traceFlags, traceState } as SpanContext;
    if (decision === SamplingDecision.NOT_RECORD) {
      diag.debug('Recording is off, propagating context in a non-recording span');
      return trace.wrapSpanContext(spanContext);
    }
    const span = new LeanSpan(this.#origin, {
      name,
      kind,
      spanContext,
      parentSpanContext,
      attributes: this.#attributes(options, describe, seen, result),
      links,
      startTime: options.startTime,
    });
    this.#origin.processors.onStart(span, parentContext);
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
    return contextApi.with(SpanScope.of(parentContext, span), fn, undefined, span);
  }

  #attributes(
    options: SpanOptions,
    describe: (() => Attributes) | undefined,
    seen: CleanAttributes | undefined,
    { attributes: added }: SamplingResult,
  ): CleanAttributes {
    if (seen === undefined && added === undefined) {
      return this.#sampling.startAttributes.of(attributesOf(options, describe));
    }
    const { attributes, droppedCount } = seen ?? validAttributes(attributesOf(options, describe));
    Object.assign(attributes, added);
    return limitedAttributes({ attributes, droppedCount }, this.#origin.limits);
  }
}

function attributesOf(
  options: SpanOptions,
  describe: (() => Attributes) | undefined,
): Attributes | undefined {
  return describe === undefined ? options.attributes : describe();
}
