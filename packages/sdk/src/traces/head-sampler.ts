import { type Context, isSpanContextValid, isValidTraceId, trace, TraceFlags } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';

import { TraceId } from './trace-id.ts';
import { SamplingDecision } from '../enumerations.ts';
import type { TraceWords } from '../fast-path.ts';

/** Settings of a {@link HeadSampler}. */
export interface HeadSamplerSettings {
  /** The ratio of traces to sample, 0 to 1. */
  readonly ratio: number;
  /** Whether a span with a parent inherits the decision of the parent. */
  readonly isParentBased: boolean;
}

const drop: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
const keep: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const allBits = 0xff_ff_ff_ff;

/** Whether the XOR of the words of a trace id is below a bound, as in upstream's sampler. */
function isBelow(bound: number, { word0, word1, word2, word3 }: TraceWords): boolean {
  return (word0 ^ word1 ^ word2 ^ word3) >>> 0 < bound;
}

/**
 * Samples a ratio of traces: the same ones as upstream's `TraceIdRatioBasedSampler`, alone or as the root of a
 * `ParentBasedSampler`. It does not format ids.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers
 */
export class HeadSampler implements Sampler {
  readonly #settings: HeadSamplerSettings;
  readonly #bound: number;

  constructor(settings: HeadSamplerSettings) {
    this.#settings = settings;
    this.#bound = Math.floor(settings.ratio * allBits);
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    const parent = this.#settings.isParentBased ? trace.getSpanContext(context) : undefined;
    const decided = this.#decideWithoutId(
      parent !== undefined && isSpanContextValid(parent) ? parent : undefined,
    );
    return decided ?? this.#decideById(isValidTraceId(traceId) ? TraceId.parse(traceId) : undefined);
  }

  /** Decides for a root span, or for a span with a valid parent. */
  decide(
    parent: { readonly traceFlags: number } | undefined,
    { traceWords }: { readonly traceWords: TraceWords | undefined },
  ): SamplingResult {
    return this.#decideWithoutId(parent) ?? this.#decideById(traceWords);
  }

  toString(): string {
    const { isParentBased, ratio } = this.#settings;
    return isParentBased ? `ParentBased{root=TraceIdRatioBased{${ratio}}}` : `TraceIdRatioBased{${ratio}}`;
  }

  /** Undefined if the decision depends on the id. */
  #decideWithoutId(parent: { readonly traceFlags: number } | undefined): SamplingResult | undefined {
    const { isParentBased, ratio } = this.#settings;
    if (parent !== undefined && isParentBased) {
      return (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? drop : keep;
    }
    if (ratio <= 0) return drop;
    return ratio >= 1 ? keep : undefined;
  }

  #decideById(words: TraceWords | undefined): SamplingResult {
    return words !== undefined && isBelow(this.#bound, words) ? keep : drop;
  }
}
