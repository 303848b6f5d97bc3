import { diag } from '@opentelemetry/api';
import { getNumberFromEnv, getStringFromEnv } from '@opentelemetry/core';
import type { Sampler } from '@opentelemetry/sdk-trace';
import { HeadSampler } from '../traces/head-sampler.ts';

/** The part of traces in `OTEL_TRACES_SAMPLER_ARG`; all of them when it says nothing sensible. */
function ratio(): number {
  const value = getNumberFromEnv('OTEL_TRACES_SAMPLER_ARG') ?? 1;
  if (value >= 0 && value <= 1) return value;
  diag.error(`OTEL_TRACES_SAMPLER_ARG=${value} is not a number from 0 to 1: all traces are sampled`);
  return 1;
}

/** The part of the traces that begin here which each sampler takes. */
const ratios: Readonly<Record<string, () => number>> = {
  always_on: () => 1,
  always_off: () => 0,
  traceidratio: ratio,
};

const parentBased = 'parentbased_';

/**
 * The sampler that `OTEL_TRACES_SAMPLER` names; undefined for the SDK's default.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function samplerFromEnvironment(): Sampler | undefined {
  const name = getStringFromEnv('OTEL_TRACES_SAMPLER');
  if (name === undefined) return undefined;
  const isParentBased = name.startsWith(parentBased);
  const ofRoot = ratios[isParentBased ? name.slice(parentBased.length) : name]?.();
  if (ofRoot !== undefined) return new HeadSampler({ ratio: ofRoot, isParentBased });
  diag.error(`OTEL_TRACES_SAMPLER=${name} is unknown: the default is in force`);
  return undefined;
}
