import {
  type Attributes,
  type Context,
  type Counter,
  diag,
  type Gauge,
  type Histogram,
  ValueType,
} from '@opentelemetry/api';

import type { Descriptor } from './descriptor.ts';
import { InstrumentType } from './enumerations.ts';
import type { Stream } from './stream.ts';
import { getSampledSpanContext } from '../exemplars/measurement.ts';
import type { RejectedMeasurements } from './rejected-measurements.ts';

/**
 * A counter, up-down counter, histogram or gauge. It never throws.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#synchronous-instrument-api
 */
export class LeanInstrument implements Counter, Gauge, Histogram {
  readonly #descriptor: Descriptor;
  readonly #streams: readonly Stream[];
  readonly #refusals: RejectedMeasurements;
  readonly #isInteger: boolean;
  /** A counter or a histogram: what it takes is not negative, and its points carry exemplars. */
  readonly #isCount: boolean;

  /** @param streams those that a reader collects; the meter may replace the contents of the array */
  constructor(descriptor: Descriptor, streams: readonly Stream[], refusals: RejectedMeasurements) {
    this.#descriptor = descriptor;
    this.#streams = streams;
    this.#refusals = refusals;
    this.#isInteger = descriptor.valueType === ValueType.INT;
    this.#isCount =
      descriptor.type === InstrumentType.COUNTER || descriptor.type === InstrumentType.HISTOGRAM;
  }

  add(value: number, attributes?: Attributes, context?: Context): void {
    this.#measure(value, attributes, context);
  }

  record(value: number, attributes?: Attributes, context?: Context): void {
    this.#measure(value, attributes, context);
  }

  #measure(given: number, attributes: Attributes | undefined, context: Context | undefined): void {
    if (typeof given !== 'number' || !Number.isFinite(given)) {
      this.#refusals.record('not_finite', this.#descriptor.name);
      return;
    }
    if (given < 0 && this.#isCount) {
      const { name, type } = this.#descriptor;
      diag.warn(`negative value provided to ${type.toLowerCase()} ${name}: ${given}`);
      return;
    }
    const value =
      this.#isInteger && !Number.isInteger(given) ? truncateToInteger(given, this.#descriptor) : given;
    try {
      for (const stream of this.#streams) {
        const series = stream.record(value, attributes, context);
        if (!this.#isCount || !series.shouldSample(given)) continue;
        const source = getSampledSpanContext(context);
        if (source !== undefined) series.offer({ value: given, timeMs: Date.now(), source });
      }
    } catch {
      this.#refusals.record('attributes_unreadable', this.#descriptor.name);
    }
  }
}

/** What an instrument of integers takes of a number. */
export function truncateToInteger(value: number, { name }: Descriptor): number {
  diag.warn(
    `INT value type cannot accept a floating-point value for ${name}, ignoring the fractional digits.`,
  );
  return Math.trunc(value);
}
