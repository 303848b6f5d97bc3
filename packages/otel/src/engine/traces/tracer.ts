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
import { HeadSampler } from '../../traces/head-sampler.ts';
import { SamplingDecision } from '../../traces/sampling-decision.ts';
import { Carrier } from './carrier.ts';
import { Identified } from './identified.ts';
import type { Identities } from './identities.ts';
import { cleanLink, LeanSpan } from './span.ts';
import { SpanAttributes } from './span-attributes.ts';
import type { SpanStartAttributes } from './span-start-attributes.ts';
import type { SpanOrigin } from './span-record.ts';
import { limitedAttributes, validAttributes } from './span-limits.ts';
import { SpanScope } from './span-scope.ts';
import { shortText } from './span-values.ts';
import type { CleanAttributes } from '../start-attributes.ts';

/** What all tracers of a provider share. */
export interface Sampling {
  readonly sampler: Sampler;
  /** False when the sampler looks at neither attributes nor links: then nothing is made for it. */
  readonly looksAtAttributes: boolean;
  readonly identities: Identities;
  readonly startAttributes: SpanStartAttributes;
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
    const { guard } = this.#origin.limits;
    if (guard === undefined) return this.#start(name, options, given, describe);
    try {
      return this.#start(shortText(name), options, given, describe);
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
    const { identities, sampler, looksAtAttributes } = this.#sampling;
    const { limits } = this.#origin;
    const parent = isNone ? undefined : Identified.valid(trace.getSpan(parentContext));
    const identity = parent === undefined ? identities.root() : identities.child(parent);
    const kind = options.kind ?? SpanKind.INTERNAL;
    const links = options.links?.map((link) => cleanLink(link, limits));
    const seen = looksAtAttributes ? validAttributes(attributesOf(options, describe)) : undefined;
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
      return new Carrier(identity);
    }
    if (decision === SamplingDecision.RECORD_AND_SAMPLED) identity.traceFlags = TraceFlags.SAMPLED;
    const attributes = this.#attributes(options, describe, seen, result);
    const span = new LeanSpan(this.#origin, identity, name, kind, parent, attributes);
    const { startTime } = options;
    if (startTime !== undefined && startTime !== null) span.beginAt(startTime);
    if (links !== undefined) span.beginWith(links);
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
  ): SpanAttributes {
    const { limits } = this.#origin;
    if (seen === undefined && added === undefined) {
      const { startAttributes } = this.#sampling;
      return describe === undefined
        ? startAttributes.of(options.attributes)
        : startAttributes.adopted(describe());
    }
    const { attributes, droppedCount } = seen ?? validAttributes(attributesOf(options, describe));
    Object.assign(attributes, added);
    return SpanAttributes.of(limitedAttributes({ attributes, droppedCount }, limits), limits);
  }
}

function attributesOf(
  options: SpanOptions,
  describe: (() => Attributes) | undefined,
): Attributes | undefined {
  return describe === undefined ? options.attributes : describe();
}
