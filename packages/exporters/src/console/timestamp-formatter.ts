import type { HrTime } from '@opentelemetry/api';

/** Writes times; the text of one second is kept for the next record of the same second. */
export class TimestampFormatter {
  #second = -1;
  #text = '';
  readonly #format: (second: Date) => string;

  constructor(format: (second: Date) => string) {
    this.#format = format;
  }

  /** The text of the second in which the time lies. */
  second([seconds]: HrTime): string {
    if (seconds !== this.#second) {
      this.#second = seconds;
      this.#text = this.#format(new Date(seconds * 1000));
    }
    return this.#text;
  }
}

/** The milliseconds within the second, three digits. */
export function milliseconds([, nanoseconds]: HrTime): string {
  return String(Math.floor(nanoseconds / 1e6)).padStart(3, '0');
}

/** `2026-11-22 12:00:00` in local time. */
export function localDateTime(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${localTime(date)}`;
}

/** `12:00:00` in local time. */
export function localTime(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** `2026-11-22T12:00:00` in universal time. */
export function universalDateTime(date: Date): string {
  return date.toISOString().slice(0, 19);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
