import { type Context, context, diag } from '@opentelemetry/api';

/** Something that lasts as long as a call and what it returned: a span, a measured duration, a count in progress. */
export interface Observer {
  /** The context that the call and each step of an iteration run in; undefined leaves the caller's. */
  readonly context: Context | undefined;
  /**
   * Called once, when all is over.
   *
   * @param failure what was thrown, if anything was
   * @param time milliseconds since the epoch, when it was over some time ago
   */
  ended(failure: { readonly error: unknown } | undefined, time?: number): void;
}

// Whoever drops an iterable half way calls nothing; the garbage collector tells.
const abandoned = new FinalizationRegistry<CallTracker>((course) => course.abandon());

/** The course of one observed call, from its beginning to its one end. */
export class CallTracker {
  readonly #observer: Observer;
  #isOver = false;
  #lastStep = 0;

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** Does a part of the work, in the context of the call. */
  run<R>(work: () => R): R {
    const own = this.#observer.context;
    return own === undefined || this.#isOver ? work() : context.with(own, work);
  }

  /** Ends well. */
  done(): void {
    this.#end(undefined);
  }

  /** Ends with an error or a rejection. */
  fail(error: unknown): void {
    this.#end({ error });
  }

  /** From now on the course goes on only as long as somebody holds `result`. */
  dependOn(result: object): void {
    this.stepped();
    abandoned.unregister(this);
    abandoned.register(result, this, this);
  }

  /** Notes that an iteration got on. */
  stepped(): void {
    this.#lastStep = Date.now();
  }

  /** Ends because nobody can go on: at the time of the last step. */
  abandon(): void {
    this.#end(undefined, this.#lastStep);
  }

  #end(failure: { readonly error: unknown } | undefined, time?: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      this.#observer.ended(failure, time);
    } catch (error) {
      diag.error('The end of an observed call was not recorded', error);
    }
  }
}
