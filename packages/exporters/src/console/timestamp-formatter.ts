import type { HrTime } from '@opentelemetry/api';

/** Formats timestamps, caching the text of the current second. */
export class TimestampFormatter {
  #second = -1;
  #text = '';
  readonly #format: (second: Date) => string;

  constructor(format: (second: Date) => string) {
    this.#format = format;
  }

  /** The time in seconds, formatted. */
  second([seconds]: HrTime): string {
    if (seconds !== this.#second) {
      this.#second = seconds;
      this.#text = this.#format(new Date(seconds * 1000));
    }
    return this.#text;
  }
}

/** The milliseconds of the second, as three digits. */
export function milliseconds([, nanoseconds]: HrTime): string {
  return String(Math.floor(nanoseconds / 1e6)).padStart(3, '0');
}

/** `2026-11-22 12:00:00` in local time. */
export function localDateTime(date: Date): string {
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())} ${localTime(date)}`;
}

/** `12:00:00` in local time. */
export function localTime(date: Date): string {
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`;
}

/** `2026-11-22T12:00:00` in UTC. */
export function utcDateTime(date: Date): string {
  return date.toISOString().slice(0, 19);
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
