import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { SamplingConfig } from '../config/config.ts';
import { LocalTailSampler } from './local-tail-sampler.ts';

/** Whether there are rules that keep traces which the head sampler does not sample. */
export const usesTailSampling = ({ keep = [] }: SamplingConfig): boolean => keep.length > 0;

/** Creates the sampler that applies the keep rules to traces which `head` does not sample, in front of `exits`. */
export function createTailSampler(
  { keep: rules = [], maxSpans, maxTraces }: SamplingConfig,
  head: Sampler,
  exits: readonly SpanProcessor[],
): LocalTailSampler {
  return new LocalTailSampler({ head, rules, maxSpans, maxTraces }, exits);
}
