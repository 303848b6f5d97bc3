import type { Sampler, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Config } from '../config/settings.ts';
import { LocalTailSampler } from './local-tail-sampler.ts';

/** Whether the configuration names traces to keep beside those that are sampled. */
export const usesTailSampling = (config: Config): boolean =>
  (config['traces.sampling.keep'] ?? []).length > 0;

/** Keeps what the configuration wants of what `head` does not sample, and hands it to `exits`. */
export function createTailSampler(
  config: Config,
  head: Sampler,
  exits: readonly SpanProcessor[],
): LocalTailSampler {
  const settings = {
    head,
    rules: config['traces.sampling.keep'] ?? [],
    maxSpans: config['traces.sampling.maxSpans'],
    maxTraces: config['traces.sampling.maxTraces'],
  };
  return new LocalTailSampler(settings, exits);
}
