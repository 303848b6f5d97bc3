import { type Context, isSpanContextValid, isValidTraceId, trace, TraceFlags } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';

import { TraceId } from './trace-id.ts';
import { SamplingDecision } from './sampling-decision.ts';
import type { TraceWords } from '../fast-path.ts';

/** How a {@link HeadSampler} decides. */
export interface HeadSamplerSettings {
  /** The part of traces, 0 to 1. */
  readonly ratio: number;
  /** Whether a trace that has begun goes on as it is. */
  readonly isParentBased: boolean;
}

const drop: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
const keep: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const allBits = 0xff_ff_ff_ff;
/** Whether the four words of a trace id, laid over each other, are less than a bound: what upstream's sampler compares. */
function isBelow(bound: number, { word0, word1, word2, word3 }: TraceWords): boolean {
  return (word0 ^ word1 ^ word2 ^ word3) >>> 0 < bound;
}

/**
 * Samples a part of all traces: the same ones as upstream's `TraceIdRatioBasedSampler`, alone or as the root of a
 * `ParentBasedSampler`, without looking at an id where the answer is known.
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
    const known = this.#known(parent !== undefined && isSpanContextValid(parent) ? parent : undefined);
    return known ?? this.#byId(isValidTraceId(traceId) ? TraceId.parse(traceId) : undefined);
  }

  /** Decides for a span whose parent is known to be valid, or to be none. */
  decide(
    parent: { readonly traceFlags: number } | undefined,
    { traceWords }: { readonly traceWords: TraceWords | undefined },
  ): SamplingResult {
    return this.#known(parent) ?? this.#byId(traceWords);
  }

  toString(): string {
    const { isParentBased, ratio } = this.#settings;
    return isParentBased ? `ParentBased{root=TraceIdRatioBased{${ratio}}}` : `TraceIdRatioBased{${ratio}}`;
  }

  /** What needs no look at an id. */
  #known(parent: { readonly traceFlags: number } | undefined): SamplingResult | undefined {
    const { isParentBased, ratio } = this.#settings;
    if (parent !== undefined && isParentBased) {
      return (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? drop : keep;
    }
    if (ratio <= 0) return drop;
    return ratio >= 1 ? keep : undefined;
  }

  #byId(words: TraceWords | undefined): SamplingResult {
    return words !== undefined && isBelow(this.#bound, words) ? keep : drop;
  }
}
