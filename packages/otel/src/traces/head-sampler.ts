import { type Context, isSpanContextValid, type SpanContext, trace, TraceFlags } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';
import { SamplingDecision } from './sampling-decision.ts';

/** How a {@link HeadSampler} decides. */
export interface HeadSettings {
  /** The part of traces, 0 to 1. */
  readonly ratio: number;
  /** Whether a trace that has begun goes on as it is. */
  readonly isParentBased: boolean;
}

const drop: SamplingResult = { decision: SamplingDecision.NOT_RECORD };
const keep: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED };
const allBits = 0xff_ff_ff_ff;
const wordDigits = 8;
const idDigits = 32;

/** The value of a hexadecimal digit. */
const digitOf = (code: number): number => (code < 58 ? code - 48 : (code | 32) - 87);

/**
 * Whether the four words of a trace id, laid over each other, are less than a bound: what upstream's sampler compares
 * with the ratio. The first digit decides for nearly all.
 */
function isBelow(bound: number, traceId: string): boolean {
  for (let digit = 0; digit < wordDigits; digit++) {
    let bits = 0;
    for (let at = digit; at < idDigits; at += wordDigits) bits ^= digitOf(traceId.charCodeAt(at));
    const limit = (bound >>> (4 * (wordDigits - 1 - digit))) & 0xf;
    if (bits !== limit) return bits < limit;
  }
  return false;
}

/**
 * Samples a part of all traces: the same ones as upstream's `TraceIdRatioBasedSampler`, alone or as the root of a
 * `ParentBasedSampler`, without looking at an id where the answer is known.
 *
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers
 */
export class HeadSampler implements Sampler {
  readonly #settings: HeadSettings;
  readonly #bound: number;

  constructor(settings: HeadSettings) {
    this.#settings = settings;
    this.#bound = Math.floor(settings.ratio * allBits);
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    const parent = this.#settings.isParentBased ? trace.getSpanContext(context) : undefined;
    return this.decide(parent !== undefined && isSpanContextValid(parent) ? parent : undefined, traceId);
  }

  /** Decides for a span whose parent is known to be valid, or to be none. */
  decide(parent: SpanContext | undefined, traceId: string): SamplingResult {
    const { isParentBased, ratio } = this.#settings;
    if (parent !== undefined && isParentBased) {
      return (parent.traceFlags & TraceFlags.SAMPLED) === 0 ? drop : keep;
    }
    if (ratio <= 0) return drop;
    return ratio >= 1 || isBelow(this.#bound, traceId) ? keep : drop;
  }

  toString(): string {
    const { isParentBased, ratio } = this.#settings;
    return isParentBased ? `ParentBased{root=TraceIdRatioBased{${ratio}}}` : `TraceIdRatioBased{${ratio}}`;
  }
}
