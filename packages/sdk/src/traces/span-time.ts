import type { HrTime } from '@opentelemetry/api';
import { addHrTimes, hrTime, isTimeInputHrTime, millisToHrTime } from '@opentelemetry/core';

/** The start of a span on the wall clock and on the monotonic clock. */
export interface ClockAnchor {
  /** Milliseconds since the epoch. */
  readonly wallMs: number;
  /** Milliseconds of `performance.now()`. */
  readonly startMs: number;
}

/** The reference for all timestamps of a span. */
export interface SpanStart extends ClockAnchor {
  readonly isStartGiven: boolean;
  readonly startTime: HrTime;
}

/**
 * Resolves a timestamp of a span. A number is a `performance.now()` reading or milliseconds since the epoch. An invalid
 * time resolves to the current time, derived from the start of the span by the monotonic clock.
 */
export function resolveTime(input: unknown, start: SpanStart): HrTime {
  return parseTimeInput(input, start) ?? currentTime(start);
}

/** Parses a time input of the API; undefined if it is invalid. */
export function parseTimeInput(input: unknown, { wallMs, startMs }: ClockAnchor): HrTime | undefined {
  if (typeof input === 'number') {
    return input <= performance.now()
      ? hrTime(input + (wallMs - (startMs + performance.timeOrigin)))
      : millisToHrTime(input);
  }
  if (input instanceof Date) return millisToHrTime(input.getTime());
  return isTimeInputHrTime(input) ? input : undefined;
}

function currentTime({ isStartGiven, startMs, startTime }: SpanStart): HrTime {
  return isStartGiven
    ? millisToHrTime(Date.now())
    : addHrTimes(startTime, millisToHrTime(performance.now() - startMs));
}
