import type { HrTime } from '@opentelemetry/api';
import { addHrTimes, hrTime, isTimeInputHrTime, millisToHrTime } from '@opentelemetry/core';

/** When a span began: by the wall clock and, which is the same moment, by the monotonic clock. */
export interface Anchor {
  /** Milliseconds since the epoch. */
  readonly wallMs: number;
  /** What `performance.now()` gave. */
  readonly startMs: number;
}

/** What the points in time of a span are reckoned from. */
export interface Beginning extends Anchor {
  readonly isStartGiven: boolean;
  readonly startTime: HrTime;
}

/**
 * A point in time of a span. A number is what `performance.now()` gave, or milliseconds since the epoch; what is no
 * time means now, as far from the beginning as the monotonic clock says.
 */
export function timeOf(input: unknown, beginning: Beginning): HrTime {
  return givenTime(input, beginning) ?? timeNow(beginning);
}

/** The point in time that an input stands for; undefined for what is none. */
export function givenTime(input: unknown, { wallMs, startMs }: Anchor): HrTime | undefined {
  if (typeof input === 'number') {
    return input <= performance.now()
      ? hrTime(input + (wallMs - (startMs + performance.timeOrigin)))
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
