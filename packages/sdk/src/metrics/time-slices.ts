import { setImmediate as nextTurn } from 'node:timers/promises';

const sliceMs = 1;

/** Work that may pause where it yields. */
type Steps<Result> = Generator<undefined, Result>;

/** Runs long work for about a millisecond per event-loop turn, so that it does not block the process: one work after another. */
export class TimeSlices {
  #endMs = performance.now() + sliceMs;
  #paused: Promise<unknown> | undefined;

  /** Returns the result of the steps, or a promise if they need a pause. */
  run<Result>(steps: Steps<Result>): Result | Promise<Result> {
    const step = this.#paused === undefined ? this.#nextSlice(steps) : undefined;
    if (step?.done === true) return step.value;
    const result = this.#resume(steps, this.#paused);
    this.#paused = result.catch(() => undefined);
    return result;
  }

  async #resume<Result>(steps: Steps<Result>, previous: Promise<unknown> | undefined): Promise<Result> {
    await previous;
    for (;;) {
      await nextTurn();
      this.#endMs = performance.now() + sliceMs;
      const step = this.#nextSlice(steps);
      if (step.done === true) return step.value;
    }
  }

  #nextSlice<Result>(steps: Steps<Result>): IteratorResult<undefined, Result> {
    for (;;) {
      const step = steps.next();
      if (step.done === true || performance.now() >= this.#endMs) return step;
    }
  }
}

/** Runs all steps without a pause. */
export function runAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
