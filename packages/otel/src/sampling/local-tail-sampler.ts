import { type Context, isSpanContextValid, type SpanContext, trace, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, Sampler, SamplingResult, Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { KeepRule } from '../options.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import { withOverrides } from '../pipeline/span-override.ts';
import { LocalTrace } from './local-trace.ts';
import { ProcessorChain } from '../pipeline/processor-chain.ts';
import { SamplingDecision } from '@sonde/sdk';

/** What a {@link LocalTailSampler} keeps, and how much may wait for a decision. */
export interface TailSamplerSettings {
  /** Decides at its root whether a trace is sampled from the start. */
  readonly head: Sampler;
  readonly rules: readonly KeepRule[];
  readonly maxSpans: number;
  readonly maxTraces: number;
}

const isSampled = (spanContext: SpanContext): boolean => (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0;

function asSampled(span: ReadableSpan): ReadableSpan {
  const own = span.spanContext();
  const spanContext = { ...own, traceFlags: own.traceFlags | TraceFlags.SAMPLED };
  return withOverrides(span, { spanContext: () => spanContext });
}

/**
 * Samples a part of all traces from the start, records the others too, and keeps each of those if a rule says so:
 * then all its spans in this process are exported. As a sampler it sees to it that they are recorded, as a processor
 * it holds them until their local trace is decided.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling
 */
export class LocalTailSampler extends ProcessorChain implements Sampler {
  readonly #settings: TailSamplerSettings;
  /** The local trace of each span, for as long as somebody holds the span or a context with it. */
  readonly #traces = new WeakMap<SpanContext, LocalTrace>();
  /** Undecided, the oldest first. */
  readonly #undecided = new Set<LocalTrace>();
  /** Undecided with spans that wait, the one first that has held spans for the longest time. */
  readonly #holding = new Set<LocalTrace>();
  #heldCount = 0;

  /** @param next what exports the spans that are sampled or kept */
  constructor(settings: TailSamplerSettings, next: readonly SpanProcessor[]) {
    super(next);
    this.#settings = settings;
  }

  shouldSample(...[context, ...span]: Parameters<Sampler['shouldSample']>): SamplingResult {
    const parent = trace.getSpanContext(context);
    if (parent === undefined || !isSpanContextValid(parent)) {
      const result = this.#settings.head.shouldSample(context, ...span);
      const isLeft = result.decision === SamplingDecision.NOT_RECORD;
      return isLeft ? { ...result, decision: SamplingDecision.RECORD } : result;
    }
    if (isSampled(parent)) return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    if (parent.isRemote === true) return { decision: SamplingDecision.RECORD };
    switch (this.#traces.get(parent)?.decision) {
      case 'kept':
        return { decision: SamplingDecision.RECORD_AND_SAMPLED };
      case 'undecided':
        return { decision: SamplingDecision.RECORD };
      default:
        return { decision: SamplingDecision.NOT_RECORD };
    }
  }

  override onStart(span: Span, parentContext: Context): void {
    super.onStart(span, parentContext);
    if (isSampled(span.spanContext())) return;
    const parent = trace.getSpanContext(parentContext);
    const localTrace = (parent && this.#traces.get(parent)) ?? this.#begin(span);
    localTrace.started();
    this.#traces.set(span.spanContext(), localTrace);
  }

  onEnd(span: ReadableSpan): void {
    const spanContext = span.spanContext();
    if (isSampled(spanContext)) {
      this.pass(span);
      return;
    }
    const localTrace = this.#traces.get(spanContext);
    if (localTrace?.decision === 'kept') this.pass(asSampled(span));
    else if (localTrace?.decision === 'undecided') this.#hold(localTrace, span);
  }

  #begin(root: Span): LocalTrace {
    const localTrace = new LocalTrace(root, this.#settings.rules);
    this.#undecided.add(localTrace);
    if (this.#undecided.size > this.#settings.maxTraces) this.#evictOldest(this.#undecided);
    return localTrace;
  }

  #hold(localTrace: LocalTrace, span: ReadableSpan): void {
    localTrace.ended(span);
    this.#heldCount++;
    this.#holding.add(localTrace);
    if (localTrace.decision === 'undecided') {
      if (this.#heldCount > this.#settings.maxSpans) this.#evictOldest(this.#holding);
      return;
    }
    const released = this.#release(localTrace);
    if (localTrace.decision === 'kept') for (const each of released) this.pass(asSampled(each));
  }

  #release(localTrace: LocalTrace): ReadableSpan[] {
    this.#undecided.delete(localTrace);
    this.#holding.delete(localTrace);
    this.#heldCount -= localTrace.heldCount;
    return localTrace.release();
  }

  /** The head has decided already: not sampled. */
  #evictOldest(traces: ReadonlySet<LocalTrace>): void {
    const [oldest] = traces;
    if (oldest === undefined) return;
    oldest.decision = 'given up';
    deliveryStats.undecided.refused += 1;
    this.#release(oldest);
    const { maxSpans, maxTraces } = this.#settings;
    warnOnce(
      'SONDE_SAMPLING_FULL',
      'traces',
      `sampling holds ${maxSpans} spans or ${maxTraces} traces already: the oldest are not kept, whatever becomes of them; they are told at exit`,
    );
  }
}
