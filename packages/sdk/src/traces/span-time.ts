import type { HrTime } from '@opentelemetry/api';
import { addHrTimes, hrTime, isTimeInputHrTime, millisToHrTime } from '@opentelemetry/core';

/** When a span began: by the wall clock and, which is the same moment, by the monotonic clock. */
export interface ClockAnchor {
  /** Milliseconds since the epoch. */
  readonly wallMs: number;
  /** What `performance.now()` gave. */
  readonly startMs: number;
}

/** What the points in time of a span are reckoned from. */
export interface SpanStart extends ClockAnchor {
  readonly isStartGiven: boolean;
  readonly startTime: HrTime;
}

/**
 * A point in time of a span. A number is what `performance.now()` gave, or milliseconds since the epoch; what is no
 * time means now, as far from the beginning as the monotonic clock says.
 */
export function resolveTime(input: unknown, start: SpanStart): HrTime {
  return parseTimeInput(input, start) ?? timeNow(start);
}

/** The point in time that an input stands for; undefined for what is none. */
export function parseTimeInput(input: unknown, { wallMs, startMs }: ClockAnchor): HrTime | undefined {
  if (typeof input === 'number') {
    return input <= performance.now()
      ? hrTime(input + (wallMs - (startMs + performance.timeOrigin)))
      : millisToHrTime(input);
  }
  if (input instanceof Date) return millisToHrTime(input.getTime());
  return isTimeInputHrTime(input) ? input : undefined;
}

function timeNow({ isStartGiven, startMs, startTime }: SpanStart): HrTime {
  return isStartGiven
    ? millisToHrTime(Date.now())
    : addHrTimes(startTime, millisToHrTime(performance.now() - startMs));
}
