/** How far the monotonic clock may be off the wall clock before it is set again, in milliseconds. */
const toleranceMs = 2;
const checkEveryMs = 1000;

/**
 * The wall clock with the resolution and the steadiness of `performance.now()`. A system clock that is set, or a machine that
 * slept, moves it with the next check, once a second; what is measured meanwhile stays consistent.
 */
class Clock {
  /** What added to `performance.now()` gives milliseconds since the epoch. */
  offsetMs: number = performance.timeOrigin;
  #checkedMs = -checkEveryMs;

  /** Milliseconds of the monotonic clock, that is of `performance.now()`. */
  now(): number {
    const nowMs = performance.now();
    if (nowMs - this.#checkedMs >= checkEveryMs) this.#check(nowMs);
    return nowMs;
  }

  #check(nowMs: number): void {
    this.#checkedMs = nowMs;
    const offsetMs = Date.now() - nowMs;
    if (Math.abs(offsetMs - this.offsetMs) > toleranceMs) this.offsetMs = offsetMs;
  }
}

/** The clock that spans and log records share, so that a record lies within its span. */
export const clock: Clock = new Clock();
