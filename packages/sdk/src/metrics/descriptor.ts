import { diag, type MetricOptions, ValueType } from '@opentelemetry/api';
import type { InstrumentType as Kind, MetricDescriptor } from '@opentelemetry/sdk-metrics';

import { errorText } from '../attributes/exception.ts';
import { InstrumentType } from '../enumerations.ts';
import { readOption, toIdentifier } from '../identity.ts';

/** Describes an instrument, or the metric that a view derives from it. */
export interface Descriptor extends MetricDescriptor {
  readonly type: Kind;
  readonly advice: NonNullable<MetricOptions['advice']>;
}

/** A letter, followed by letters, digits and `_ . - /`. */
const validName = /^[a-z][a-z0-9_.\-/]{0,254}$/i;

/** The options of an instrument, with defaults. */
export type InstrumentOptions = Required<MetricOptions>;

/** Reads the options of an instrument; the default replaces each one that throws or has another type. Never throws. */
export function readInstrumentOptions(options: MetricOptions | undefined): InstrumentOptions {
  if (options === undefined) return { description: '', unit: '', valueType: ValueType.DOUBLE, advice: {} };
  const description = readOption(options, 'description') ?? '';
  const isInteger = readOption(options, 'valueType') === ValueType.INT;
  return {
    description: typeof description === 'string' ? description : errorText(description),
    unit: toIdentifier(readOption(options, 'unit')) ?? '',
    valueType: isInteger ? ValueType.INT : ValueType.DOUBLE,
    advice: readAdvice(readOption(options, 'advice')),
  };
}

function readAdvice(advice: unknown): InstrumentOptions['advice'] {
  try {
    const boundaries = readOption(advice, 'explicitBucketBoundaries');
    if (!Array.isArray(boundaries)) return {};
    return { explicitBucketBoundaries: boundaries.filter((boundary) => typeof boundary === 'number') };
  } catch {
    return {};
  }
}

/**
 * Creates the descriptor of an instrument. Never throws. An invalid name is logged and used, as in upstream's SDK.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax
 */
export function createDescriptor(givenName: string, type: Kind, given?: MetricOptions): Descriptor {
  const name = toIdentifier(givenName) ?? '';
  if (!validName.test(name)) {
    diag.warn(
      `Invalid metric name: "${name}". The metric name should be a ASCII string with a length no greater than 255 characters.`,
    );
  }
  const options = readInstrumentOptions(given);
  return {
    name,
    type,
    ...options,
    ...(type === InstrumentType.HISTOGRAM ? withSecondsBoundaries(options) : {}),
  };
}

/** Those of the HTTP conventions, and longer ones for jobs. */
const secondsBoundaries: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300,
];

/** Adds bucket boundaries to a histogram in seconds that has none: the specification's default ones suit milliseconds. */
export function withSecondsBoundaries(options: MetricOptions = {}): MetricOptions {
  if (options.unit !== 's' || options.advice?.explicitBucketBoundaries !== undefined) return options;
  return { ...options, advice: { ...options.advice, explicitBucketBoundaries: [...secondsBoundaries] } };
}

/** Whether two descriptors identify the same metric. */
export function isCompatible(a: Descriptor, b: Descriptor): boolean {
  return a.name === b.name && a.type === b.type && a.unit === b.unit && a.valueType === b.valueType;
}

const comparedFields = ['type', 'unit', 'valueType', 'description'] as const;

/** Warns that two metrics of one meter have the same name and are not compatible. */
export function warnConflict(existing: Descriptor, requested: Descriptor): void {
  const differences = comparedFields
    .filter((field) => existing[field] !== requested[field])
    .map((field) => `${field} '${existing[field]}' and '${requested[field]}'`);
  diag.warn(
    `A view or instrument with the name '${requested.name}' has already been registered with another ${differences.join(', ')}. ` +
      'Give one of them another name, or make a view that does.',
  );
}
