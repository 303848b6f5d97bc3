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
import { InstrumentType } from '../enumerations.ts';
import type { Stream } from './stream.ts';
import type { ExemplarSource } from '../exemplars/measurement.ts';
import type { RejectedMeasurements } from './rejected-measurements.ts';

/** State that all instruments of a provider share. */
export interface InstrumentSharedState {
  readonly rejections: RejectedMeasurements;
  /** Applies the exemplar filter. */
  exemplarSource: ExemplarSource;
}

/**
 * A counter, up-down counter, histogram or gauge. It never throws.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/api/#synchronous-instrument-api
 */
export class LeanInstrument implements Counter, Gauge, Histogram {
  readonly #descriptor: Descriptor;
  readonly #streams: readonly Stream[];
  readonly #rejections: RejectedMeasurements;
  readonly #shared: InstrumentSharedState;
  readonly #isInteger: boolean;
  /** A counter or histogram: it rejects negative values, and its data points have exemplars. */
  readonly #isNonNegative: boolean;

  /** @param streams those that a reader collects; the meter may replace the contents of the array */
  constructor(descriptor: Descriptor, streams: readonly Stream[], shared: InstrumentSharedState) {
    this.#descriptor = descriptor;
    this.#streams = streams;
    this.#rejections = shared.rejections;
    this.#shared = shared;
    this.#isInteger = descriptor.valueType === ValueType.INT;
    this.#isNonNegative =
      descriptor.type === InstrumentType.COUNTER || descriptor.type === InstrumentType.HISTOGRAM;
  }

  add(value: number, attributes?: Attributes, context?: Context): void {
    this.#measure(value, attributes, context);
  }

  record(value: number, attributes?: Attributes, context?: Context): void {
    this.#measure(value, attributes, context);
  }

  /** Removes the series of these attributes. A later measurement with the same attributes starts at zero. */
  remove(attributes?: Attributes): void {
    try {
      for (const stream of this.#streams) stream.remove(attributes);
    } catch {
      this.#rejections.record('attributes_unreadable', this.#descriptor.name);
    }
  }

  #measure(input: number, attributes: Attributes | undefined, context: Context | undefined): void {
    if (typeof input !== 'number' || !Number.isFinite(input)) {
      this.#rejections.record('not_finite', this.#descriptor.name);
      return;
    }
    if (input < 0 && this.#isNonNegative) {
      const { name, type } = this.#descriptor;
      diag.warn(`negative value provided to ${type.toLowerCase()} ${name}: ${input}`);
      return;
    }
    const value =
      this.#isInteger && !Number.isInteger(input) ? truncateToInteger(input, this.#descriptor) : input;
    try {
      for (const stream of this.#streams) {
        const series = stream.record(value, attributes, context);
        if (!this.#isNonNegative || !series.shouldSample(input)) continue;
        const source = this.#shared.exemplarSource(context);
        if (source !== undefined) series.offer({ value: input, timeMs: Date.now(), source });
      }
    } catch {
      this.#rejections.record('attributes_unreadable', this.#descriptor.name);
    }
  }
}

/** Truncates a value for an instrument of integers, and warns. */
export function truncateToInteger(value: number, { name }: Descriptor): number {
  diag.warn(
    `INT value type cannot accept a floating-point value for ${name}, ignoring the fractional digits.`,
  );
  return Math.trunc(value);
}
