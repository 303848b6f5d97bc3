import type { HrTime } from '@opentelemetry/api';
import { addHrTimes, hrTime, isTimeInputHrTime, millisToHrTime } from '@opentelemetry/core';

/** When a span began: by the monotonic clock, and that clock's distance from the wall clock then. */
export interface Beginning {
  readonly startMs: number;
  readonly offsetMs: number;
  readonly isStartGiven: boolean;
  readonly startTime: HrTime;
}

/**
 * A point in time of a span. A number is what `performance.now()` gave, or milliseconds since the epoch; what is no time means
 * now, by the clock that the beginning was measured with.
 */
export function timeOf(input: unknown, span: Beginning): HrTime {
  return givenTime(input, span.offsetMs) ?? timeNow(span);
}

/** The point in time that an input stands for; undefined for what is none. */
export function givenTime(input: unknown, offsetMs: number): HrTime | undefined {
  if (typeof input === 'number') {
    return input <= performance.now()
      ? hrTime(input + offsetMs - performance.timeOrigin)
      : millisToHrTime(input);
  }
  if (input instanceof Date) return millisToHrTime(input.getTime());
  return isTimeInputHrTime(input) ? input : undefined;
}

function timeNow({ isStartGiven, startMs, startTime }: Beginning): HrTime {
  return isStartGiven
    ? millisToHrTime(Date.now())
    : addHrTimes(startTime, millisToHrTime(performance.now() - startMs));
}
