import type { Attributes, Context } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { AggregationOption, ViewOptions } from '@opentelemetry/sdk-metrics';
import type { Descriptor } from './descriptor.ts';
import { AggregationType } from './enumerations.ts';

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

/** Whether a name fits a pattern in which `*` stands for any characters. */
function matchesPattern(name: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === pattern;
  const last = rest.pop() ?? '';
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/**
 * A view: which instruments it takes, and what it makes of them.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view
 */
export class View {
  readonly #options: ViewOptions;
  readonly aggregation: AggregationOption | undefined;
  /** The most series of one metric, the one for the overflow included. */
  readonly cardinalityLimit: number | undefined;
  readonly filter: AttributesFilter | undefined;

  /** Throws for a view that selects nothing, that gives a name to several instruments, or that wants what there is not. */
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
        processors.reduce((rest, processor) => processor.process(rest, context), attributes);
    }
  }

  matches(instrument: Descriptor, meter: InstrumentationScope): boolean {
    const { instrumentName, instrumentType, instrumentUnit, ...of } = this.#options;
    return (
      matchesPattern(instrument.name, instrumentName ?? '*') &&
      (instrumentType === undefined || instrumentType === instrument.type) &&
      (instrumentUnit === undefined || instrumentUnit === instrument.unit) &&
      (of.meterName === undefined || of.meterName === meter.name) &&
      (of.meterVersion === undefined || of.meterVersion === meter.version) &&
      (of.meterSchemaUrl === undefined ||
        meter.schemaUrl === undefined ||
        of.meterSchemaUrl === meter.schemaUrl)
    );
  }

  /** The metric that the view makes of an instrument. */
  apply(instrument: Descriptor): Descriptor {
    const { name = instrument.name, description = instrument.description } = this.#options;
    return { ...instrument, name, description };
  }
}
