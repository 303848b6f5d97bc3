import { runDeferred } from '@sonde/sdk';

/** A running set-up. */
export interface Sonde extends AsyncDisposable {
  /**
   * Sends what was recorded before this call. Resolves when that is done or the time is over; never rejects.
   *
   * @param options.timeoutMs milliseconds it may take, default 2000 or `exit.timeoutMs`
   */
  flush(options?: { timeoutMs?: number }): Promise<void>;
  /**
   * Flushes, then ends the pipeline. A second call returns the first one's promise.
   *
   * Telemetry that is recorded later is dropped and counted, until `start()` is called again: then tracers, loggers,
   * instruments and instrumentations that exist use the new pipeline, and metrics begin at zero.
   *
   * @param options.timeoutMs milliseconds it may take, default 2000 or `exit.timeoutMs`
   */
  shutdown(options?: { timeoutMs?: number }): Promise<void>;
}

/** A part of the pipeline that can be emptied and ended. */
export interface Stage {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Called in addition to the stages when a pipeline ends. */
export interface PipelineEnd {
  /** Called when the deadline of a shutdown has passed: whatever is left is given up. */
  onTimeout?(): void;
  /** Called once, at the end of the shutdown: removes listeners and reports dropped items. */
  release?(): void;
  /** Ends exports that are under way. Tells whether none is left that could keep the process. */
  abort?(): boolean;
}

/** Waits for `work`, whatever becomes of it, but no longer than `timeoutMs`. Tells whether it was in time. */
async function settlesWithin(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  const inTime = await Promise.race([work.then(() => true), deadline]);
  clearTimeout(timer);
  return inTime;
}

/**
 * A pipeline under one handle. Flushes run one after the other and a shutdown waits for them: upstream's log
 * processor loses what it holds when both run at once.
 */
export class Pipeline implements Sonde {
  readonly #stages: readonly Stage[];
  readonly #timeoutMs: number;
  readonly #end: PipelineEnd;
  #last: Promise<unknown> = Promise.resolve();
  #shutdown: Promise<void> | undefined;
  #lastLateMs: number | undefined;
  #isReleased = false;

  /**
   * @param stages what is flushed and ended, all at once
   * @param timeoutMs the default deadline of both
   */
  constructor(stages: readonly Stage[], timeoutMs: number, end: PipelineEnd = {}) {
    this.#stages = stages;
    this.#timeoutMs = timeoutMs;
    this.#end = end;
  }

  /** Whether `shutdown` was called. */
  get isShutDown(): boolean {
    return this.#shutdown !== undefined;
  }

  /**
   * Milliseconds that the last export in the 'exit' event may take. None are left where the flush before it, when the event loop
   * was empty, has just run into its deadline; a flush that the application called costs nothing of them.
   */
  get exitTimeoutMs(): number {
    const isSpent = this.#lastLateMs !== undefined && performance.now() - this.#lastLateMs < this.#timeoutMs;
    return isSpent ? 0 : this.#timeoutMs;
  }

  /** Ends what a late flush or shutdown left under way. Tells whether nothing is left that could keep the process. */
  abort(): boolean {
    return this.#end.abort?.() ?? false;
  }

  flush({ timeoutMs = this.#timeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    return this.#shutdown ?? this.#within(timeoutMs, 'forceFlush').then(() => {});
  }

  /** Flushes when the event loop is empty. Resolves to whether that was done in time. */
  async flushBeforeExit(): Promise<boolean> {
    const isInTime = this.#shutdown !== undefined || (await this.#within(this.#timeoutMs, 'forceFlush'));
    this.#lastLateMs = isInTime ? undefined : performance.now();
    return isInTime;
  }

  shutdown({ timeoutMs = this.#timeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    this.#shutdown ??= this.#within(timeoutMs, 'shutdown').then((isInTime) => {
      if (!isInTime) {
        this.abort();
        this.#end.onTimeout?.();
      }
      this.release();
    });
    return this.#shutdown;
  }

  /** Removes the listeners of this pipeline, if it still has them: another one takes its place. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#end.release?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #within(timeoutMs: number, method: keyof Stage): Promise<boolean> {
    runDeferred();
    this.#last = this.#last.then(() => Promise.allSettled(this.#stages.map((stage) => stage[method]())));
    return settlesWithin(timeoutMs, this.#last);
  }
}
