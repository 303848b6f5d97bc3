import type { Attributes, Context } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { AggregationOption, ViewOptions } from '@opentelemetry/sdk-metrics';
import type { Descriptor } from './descriptor.ts';
import { AggregationType } from '../enumerations.ts';

/** Changes the attributes of a measurement before its series is looked up. */
export type AttributesFilter = (attributes: Attributes, context?: Context) => Attributes;

const selectors = [
  'instrumentName',
  'instrumentType',
  'instrumentUnit',
  'meterName',
  'meterVersion',
  'meterSchemaUrl',
] as const;

const aggregations = new Set([undefined, ...Object.values(AggregationType)]);

/** Whether a name matches a pattern with `*` as a wildcard. */
function matchesPattern(name: string, pattern: string): boolean {
  const [first = '', ...middle] = pattern.split('*');
  if (middle.length === 0) return name === pattern;
  const last = middle.pop() ?? '';
  if (!name.startsWith(first)) return false;
  let position = first.length;
  for (const part of middle) {
    const found = name.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return name.length - last.length >= position && name.endsWith(last);
}

/**
 * A view: selects instruments and configures their metric streams.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view
 */
export class View {
  readonly #options: ViewOptions;
  readonly aggregation: AggregationOption | undefined;
  /** The maximum number of series per metric, including the overflow series. */
  readonly cardinalityLimit: number | undefined;
  readonly filter: AttributesFilter | undefined;

  /** @throws {Error} without a selector, with one name for several instruments, or for an unsupported aggregation */
  constructor(options: ViewOptions) {
    if (selectors.every((selector) => (options[selector] ?? null) === null)) {
      throw new Error('Cannot create view with no selector arguments supplied');
    }
    if ((options.name ?? null) !== null && (options.instrumentName?.includes('*') ?? true)) {
      throw new Error(
        'Views with a specified name must be declared with an instrument selector that selects at most one instrument per meter.',
      );
    }
    if (!aggregations.has(options.aggregation?.type)) throw new Error('Unsupported Aggregation');
    this.#options = options;
    this.aggregation = options.aggregation;
    this.cardinalityLimit = options.aggregationCardinalityLimit;
    const processors = options.attributesProcessors ?? [];
    if (processors.length > 0) {
      this.filter = (attributes, context) =>
        processors.reduce((current, processor) => processor.process(current, context), attributes);
    }
  }

  matches(instrument: Descriptor, meter: InstrumentationScope): boolean {
    const { instrumentName, instrumentType, instrumentUnit, ...selector } = this.#options;
    return (
      matchesPattern(instrument.name, instrumentName ?? '*') &&
      (instrumentType === undefined || instrumentType === instrument.type) &&
      (instrumentUnit === undefined || instrumentUnit === instrument.unit) &&
      (selector.meterName === undefined || selector.meterName === meter.name) &&
      (selector.meterVersion === undefined || selector.meterVersion === meter.version) &&
      (selector.meterSchemaUrl === undefined ||
        meter.schemaUrl === undefined ||
        selector.meterSchemaUrl === meter.schemaUrl)
    );
  }

  /** Returns the descriptor of the resulting metric. */
  apply(instrument: Descriptor): Descriptor {
    const { name = instrument.name, description = instrument.description } = this.#options;
    return { ...instrument, name, description };
  }
}
