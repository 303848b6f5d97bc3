import { DiagLogLevel } from '@opentelemetry/api';
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions';
import type { HeadSamplerSettings } from '@sonde/sdk';
import { environmentCount, environmentText, environmentWord, reportVariable } from './environment.ts';

// Variables of the OpenTelemetry specification that no option of `start()` corresponds to.
// https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/

/** The log level of OpenTelemetry's own diagnostics, from `OTEL_LOG_LEVEL`; undefined if unset. */
export function diagLevelFromEnvironment(): DiagLogLevel | undefined {
  const variable = 'OTEL_LOG_LEVEL';
  const word = environmentWord(variable)?.toUpperCase();
  if (word === undefined) return undefined;
  const levels: Readonly<Record<string, DiagLogLevel | string>> = DiagLogLevel;
  const level = Object.hasOwn(levels, word) ? levels[word] : undefined;
  if (typeof level === 'number') return level;
  reportVariable(variable, 'one of none, error, warn, info, debug, verbose, all');
  return undefined;
}

const parentBasedPrefix = 'parentbased_';

/** The ratio in `OTEL_TRACES_SAMPLER_ARG`, 0 to 1; 1 if it is unset or invalid. */
function ratioArgument(): number {
  const variable = 'OTEL_TRACES_SAMPLER_ARG';
  const text = environmentText(variable);
  if (text === undefined) return 1;
  const ratio = Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  reportVariable(variable, 'a number from 0 to 1', 'all traces are sampled');
  return 1;
}

/** The sampling ratio of root spans by name of the sampler. */
const ratios: ReadonlyMap<string, () => number> = new Map([
  ['always_on', () => 1],
  ['always_off', () => 0],
  ['traceidratio', ratioArgument],
]);

/** The sampler in `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`; undefined if unset or unknown. */
export function samplingFromEnvironment(): HeadSamplerSettings | undefined {
  const variable = 'OTEL_TRACES_SAMPLER';
  const name = environmentWord(variable);
  if (name === undefined) return undefined;
  const isParentBased = name.startsWith(parentBasedPrefix);
  const ratio = ratios.get(isParentBased ? name.slice(parentBasedPrefix.length) : name)?.();
  if (ratio !== undefined) return { ratio, isParentBased };
  const names = [...ratios.keys()].map((sampler) => `${sampler}, ${parentBasedPrefix}${sampler}`);
  reportVariable(variable, `one of ${names.join(', ')}`);
  return undefined;
}

/** The variables of each limit without `OTEL_`, in order of precedence. */
const spanLimits = {
  attributeCountLimit: ['SPAN_ATTRIBUTE_COUNT_LIMIT', 'ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLengthLimit: ['SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'ATTRIBUTE_VALUE_LENGTH_LIMIT'],
  eventCountLimit: ['SPAN_EVENT_COUNT_LIMIT'],
  linkCountLimit: ['SPAN_LINK_COUNT_LIMIT'],
  attributePerEventCountLimit: ['SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT'],
  attributePerLinkCountLimit: ['SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT'],
} as const;
const logRecordLimits = {
  attributeCountLimit: ['LOGRECORD_ATTRIBUTE_COUNT_LIMIT', 'ATTRIBUTE_COUNT_LIMIT'],
  attributeValueLengthLimit: ['LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'ATTRIBUTE_VALUE_LENGTH_LIMIT'],
} as const;

type Limits<Name extends string> = { [Limit in Name]?: number };

function limitsFromEnvironment<Name extends string>(
  variables: Readonly<Record<Name, readonly string[]>>,
): Limits<Name> {
  const limits: Limits<Name> = {};
  for (const limit of Object.keys(variables) as Name[]) {
    for (const variable of variables[limit]) {
      const value = limits[limit] ?? environmentCount(`OTEL_${variable}`);
      if (value !== undefined) limits[limit] = value;
    }
  }
  return limits;
}

/** The span limits that are set. */
export const spanLimitsFromEnvironment = (): Limits<keyof typeof spanLimits> =>
  limitsFromEnvironment(spanLimits);

/** The log record limits that are set. */
export const logRecordLimitsFromEnvironment = (): Limits<keyof typeof logRecordLimits> =>
  limitsFromEnvironment(logRecordLimits);

const defaultPropagators: ReadonlySet<string> = new Set(['tracecontext', 'baggage']);

/**
 * The supported names in `OTEL_PROPAGATORS`, or the default ones if it has none; empty for `none`. Unsupported names are
 * reported and ignored.
 */
export function propagatorNamesFromEnvironment(supported: Iterable<string>): ReadonlySet<string> {
  const variable = 'OTEL_PROPAGATORS';
  const known = new Set(supported);
  const words = (environmentWord(variable) ?? '').split(',').map((name) => name.trim());
  const names = new Set(words.filter((name) => name !== ''));
  if (names.has('none')) return new Set();
  const used = new Set([...names].filter((name) => known.has(name)));
  const propagators = used.size === 0 ? defaultPropagators : used;
  if (used.size < names.size) {
    const expected = `a list of ${[...known, 'none'].join(', ')}`;
    reportVariable(variable, expected, `using ${[...propagators].join(', ')}`);
  }
  return propagators;
}

/** Parses `key1=value1,key2=value2`, percent-encoded; undefined if any entry is malformed. */
function parseAttributes(text: string): Record<string, string> | undefined {
  const attributes: Record<string, string> = {};
  for (const entry of text.split(',')) {
    if (entry.trim() === '') continue;
    const [key = '', value, ...extra] = entry.split('=');
    if (key.trim() === '' || value === undefined || extra.length > 0) return undefined;
    try {
      attributes[decodeURIComponent(key.trim())] = decodeURIComponent(value.trim());
    } catch {
      return undefined;
    }
  }
  return attributes;
}

/**
 * The resource attributes in `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`. A malformed list is ignored as a whole.
 *
 * @see https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
 */
export function resourceAttributesFromEnvironment(): Record<string, string> {
  const variable = 'OTEL_RESOURCE_ATTRIBUTES';
  const attributes = parseAttributes(environmentText(variable) ?? '');
  if (attributes === undefined)
    reportVariable(variable, 'key=value,key=value with , = and % percent-encoded');
  const serviceName = environmentText('OTEL_SERVICE_NAME');
  return { ...attributes, ...(serviceName !== undefined && { [ATTR_SERVICE_NAME]: serviceName }) };
}
