import { type Context, context, diag } from '@opentelemetry/api';

/** Observes a call until its result is settled: a span, a duration, an in-progress count. */
export interface Observer {
  /** The context in which the call and each iteration step run; undefined keeps the caller's context. */
  readonly context: Context | undefined;
  /**
   * Called once, when the call is over.
   *
   * @param failure the error that was thrown, if any
   * @param time the end time in milliseconds since the epoch, if it is in the past
   */
  ended(failure: { readonly error: unknown } | undefined, time?: number): void;
}

// A consumer that drops an iterable half way calls no method; only garbage collection reveals it.
const abandoned = new FinalizationRegistry<CallTracker>((tracker) => tracker.abandon());

/** Tracks one observed call and notifies its observer exactly once when it is over. */
export class CallTracker {
  readonly #observer: Observer;
  #isOver = false;
  #lastStep = 0;

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** Runs a part of the work in the context of the call. */
  run<R>(work: () => R): R {
    const callContext = this.#observer.context;
    return callContext === undefined || this.#isOver ? work() : context.with(callContext, work);
  }

  /** Ends the call successfully. */
  done(): void {
    this.#end(undefined);
  }

  /** Ends the call with an error or a rejection. */
  fail(error: unknown): void {
    this.#end({ error });
  }

  /** Ends the call when `result` is garbage-collected. */
  dependOn(result: object): void {
    this.stepped();
    abandoned.unregister(this);
    abandoned.register(result, this, this);
  }

  /** Records that an iteration made progress. */
  stepped(): void {
    this.#lastStep = Date.now();
  }

  /** Ends the call, which no consumer can continue, at the time of the last step. */
  abandon(): void {
    this.#end(undefined, this.#lastStep);
  }

  #end(failure: { readonly error: unknown } | undefined, time?: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      this.#observer.ended(failure, time);
    } catch (error) {
      diag.error('failed to record the end of an observed call', error);
    }
  }
}
