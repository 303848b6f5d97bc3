import { environmentText, environmentWord, reportVariable } from '../config/environment.ts';
import { HeadSampler, type HeadSamplerSettings } from '@sonde/sdk';

const prefix = 'parentbased_';

/** The part of traces in `OTEL_TRACES_SAMPLER_ARG`, 0 to 1; all of them when it is unset or invalid. */
function ratioArgument(): number {
  const name = 'OTEL_TRACES_SAMPLER_ARG';
  const text = environmentText(name);
  if (text === undefined) return 1;
  const ratio = Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  reportVariable(name, 'a number from 0 to 1', 'all traces are sampled');
  return 1;
}

/** The part of the traces that begin here which each sampler takes. */
const ratios: ReadonlyMap<string, () => number> = new Map([
  ['always_on', () => 1],
  ['always_off', () => 0],
  ['traceidratio', ratioArgument],
]);

/**
 * The sampling that `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` ask for; undefined for the default.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration
 */
export function samplingFromEnvironment(): HeadSamplerSettings | undefined {
  const variable = 'OTEL_TRACES_SAMPLER';
  const name = environmentWord(variable);
  if (name === undefined) return undefined;
  const isParentBased = name.startsWith(prefix);
  const ratio = ratios.get(isParentBased ? name.slice(prefix.length) : name)?.();
  if (ratio !== undefined) return { ratio, isParentBased };
  const names = [...ratios.keys()].map((each) => `${each}, ${prefix}${each}`);
  reportVariable(variable, `one of ${names.join(', ')}`);
  return undefined;
}

/** The sampler that the environment names; undefined for the default. */
export function samplerFromEnvironment(): HeadSampler | undefined {
  const sampling = samplingFromEnvironment();
  return sampling && new HeadSampler(sampling);
}
