import { type Context, isSpanContextValid, type SpanContext, trace, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, Sampler, SamplingResult, Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { KeepRule } from '../options.ts';
import { deliveryStats } from '../diagnostics/delivery-stats.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import { withOverrides } from '../pipeline/span-override.ts';
import { LocalTrace } from './local-trace.ts';
import { ProcessorChain } from '../pipeline/processor-chain.ts';
import { SamplingDecision } from '@sonde/sdk';

/** Settings of {@link LocalTailSampler}. */
export interface TailSamplerSettings {
  /** The head sampler, which decides at the root span. */
  readonly head: Sampler;
  /** Keep a trace that the head sampler does not sample. */
  readonly rules: readonly KeepRule[];
  /** Maximum number of ended spans of undecided traces. */
  readonly maxSpans: number;
  /** Maximum number of undecided traces. */
  readonly maxTraces: number;
}

const isSampled = (spanContext: SpanContext): boolean => (spanContext.traceFlags & TraceFlags.SAMPLED) !== 0;

function asSampled(span: ReadableSpan): ReadableSpan {
  const original = span.spanContext();
  const spanContext = { ...original, traceFlags: original.traceFlags | TraceFlags.SAMPLED };
  return withOverrides(span, { spanContext: () => spanContext });
}

/**
 * Tail sampling within one process. Traces that the head sampler does not sample are recorded, and exported if a keep rule
 * matches one of their spans. As a sampler it records them; as a processor it holds their ended spans until the decision.
 * Only the spans of this process are known: with `maxSpans: 10000`, the 10,001st held span evicts the oldest trace.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling
 */
export class LocalTailSampler extends ProcessorChain implements Sampler {
  readonly #settings: TailSamplerSettings;
  /** The local trace of each span context, while a span or context references it. */
  readonly #traces = new WeakMap<SpanContext, LocalTrace>();
  /** Undecided traces, the oldest first. */
  readonly #undecided = new Set<LocalTrace>();
  /** Undecided traces with ended spans, in the order of their first ended span. */
  readonly #holding = new Set<LocalTrace>();
  #heldCount = 0;

  /** @param next the processors that receive sampled and kept spans */
  constructor(settings: TailSamplerSettings, next: readonly SpanProcessor[]) {
    super(next);
    this.#settings = settings;
  }

  shouldSample(...[context, ...span]: Parameters<Sampler['shouldSample']>): SamplingResult {
    const parent = trace.getSpanContext(context);
    if (parent === undefined || !isSpanContextValid(parent)) {
      const result = this.#settings.head.shouldSample(context, ...span);
      const isDropped = result.decision === SamplingDecision.NOT_RECORD;
      return isDropped ? { ...result, decision: SamplingDecision.RECORD } : result;
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
    if (localTrace.decision === 'kept') for (const ended of released) this.pass(asSampled(ended));
  }

  #release(localTrace: LocalTrace): ReadableSpan[] {
    this.#undecided.delete(localTrace);
    this.#holding.delete(localTrace);
    this.#heldCount -= localTrace.heldCount;
    return localTrace.release();
  }

  /** Falls back to the head-sampling decision for the oldest trace: not sampled. */
  #evictOldest(traces: ReadonlySet<LocalTrace>): void {
    const [oldest] = traces;
    if (oldest === undefined) return;
    oldest.decision = 'dropped';
    deliveryStats.undecided.refused += 1;
    this.#release(oldest);
    const { maxSpans, maxTraces } = this.#settings;
    warnOnce(
      'SONDE_SAMPLING_FULL',
      'traces',
      `tail-sampling buffer full (maxSpans ${maxSpans}, maxTraces ${maxTraces}): evicting the oldest traces; the total is reported at exit`,
    );
  }
}
