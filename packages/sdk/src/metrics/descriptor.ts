import { diag, type MetricOptions, ValueType } from '@opentelemetry/api';
import type { InstrumentType, MetricDescriptor } from '@opentelemetry/sdk-metrics';

/** What is known of an instrument, or of a metric that a view makes of it. */
export interface Descriptor extends MetricDescriptor {
  readonly type: InstrumentType;
  readonly advice: NonNullable<MetricOptions['advice']>;
}

/** A letter first, then letters, digits and `_ . - /`. */
const validName = /^[a-z][a-z0-9_.\-/]{0,254}$/i;

/**
 * Describes an instrument; a name that the specification forbids is told and taken.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax
 */
export function createDescriptor(
  name: string,
  type: InstrumentType,
  options: MetricOptions = {},
): Descriptor {
  if (!validName.test(name)) {
    diag.warn(
      `Invalid metric name: "${name}". The metric name should be a ASCII string with a length no greater than 255 characters.`,
    );
  }
  const { description = '', unit = '', valueType = ValueType.DOUBLE, advice = {} } = options;
  return { name, type, description, unit, valueType, advice };
}

/** Whether both are one metric. */
export function isCompatible(a: Descriptor, b: Descriptor): boolean {
  return a.name === b.name && a.type === b.type && a.unit === b.unit && a.valueType === b.valueType;
}
