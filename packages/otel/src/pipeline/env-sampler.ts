import { diag } from '@opentelemetry/api';
import { getNumberFromEnv, getStringFromEnv } from '@opentelemetry/core';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';

/** The part of traces in `OTEL_TRACES_SAMPLER_ARG`; all of them when it says nothing sensible. */
function ratio(): number {
  const value = getNumberFromEnv('OTEL_TRACES_SAMPLER_ARG') ?? 1;
  if (value >= 0 && value <= 1) return value;
  diag.error(`OTEL_TRACES_SAMPLER_ARG=${value} is not a number from 0 to 1: all traces are sampled`);
  return 1;
}

const roots: Readonly<Record<string, () => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: () => new TraceIdRatioBasedSampler(ratio()),
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
  const root = roots[isParentBased ? name.slice(parentBased.length) : name]?.();
  if (root === undefined) diag.error(`OTEL_TRACES_SAMPLER=${name} is unknown: the default is in force`);
  return root !== undefined && isParentBased ? new ParentBasedSampler({ root }) : root;
}
