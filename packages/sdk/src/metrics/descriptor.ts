import { diag, type MetricOptions, ValueType } from '@opentelemetry/api';
import type { InstrumentType as Kind, MetricDescriptor } from '@opentelemetry/sdk-metrics';

import { InstrumentType } from '../enumerations.ts';

/** Describes an instrument, or the metric that a view derives from it. */
export interface Descriptor extends MetricDescriptor {
  readonly type: Kind;
  readonly advice: NonNullable<MetricOptions['advice']>;
}

/** A letter, followed by letters, digits and `_ . - /`. */
const validName = /^[a-z][a-z0-9_.\-/]{0,254}$/i;

/**
 * Creates the descriptor of an instrument. An invalid name is logged and used, as in upstream's SDK.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax
 */
export function createDescriptor(name: string, type: Kind, options: MetricOptions = {}): Descriptor {
  if (!validName.test(name)) {
    diag.warn(
      `Invalid metric name: "${name}". The metric name should be a ASCII string with a length no greater than 255 characters.`,
    );
  }
  const {
    description = '',
    unit = '',
    valueType = ValueType.DOUBLE,
    advice = {},
  } = type === InstrumentType.HISTOGRAM ? withSecondsBoundaries(options) : options;
  return { name, type, description, unit, valueType, advice };
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
