import { maxNames } from './name-limit.ts';
import type { RejectedMeasurements } from './rejected-measurements.ts';

/**
 * The instrument names of a meter, which are not case-sensitive: the first spelling counts.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#name-conflict
 */
export class FirstSpellings {
  readonly #rejections: RejectedMeasurements;
  readonly #byLowerCase = new Map<string, string>();

  constructor(rejections: RejectedMeasurements) {
    this.#rejections = rejections;
  }

  /** Returns the first spelling of a name, and reports another one. */
  resolve(name: string): string {
    // A caller in JavaScript may pass another type.
    const given: unknown = name;
    const key = typeof given === 'string' ? given.toLowerCase() : name;
    const first = this.#byLowerCase.get(key);
    if (first === undefined) {
      if (this.#byLowerCase.size < maxNames) this.#byLowerCase.set(key, name);
      return name;
    }
    if (first !== name) this.#rejections.reportCase(name, first);
    return first;
  }
}
