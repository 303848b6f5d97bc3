/** A running set-up. */
export interface Sonde extends AsyncDisposable {
  /**
   * Sends what was recorded before this call. Resolves when that is done or the time is over; never rejects.
   *
   * @param options.timeoutMs milliseconds it may take, default 2000 or `exit.timeoutMs`
   */
  flush(options?: { timeoutMs?: number }): Promise<void>;
  /**
   * Flushes, then ends the pipeline: what is recorded later is lost. A second call gives the first one's promise.
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

/** Waits for `work`, whatever becomes of it, but no longer than `timeoutMs`. The timer keeps no process alive. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work.then(undefined, () => {}), deadline]);
  clearTimeout(timer);
}

/**
 * A pipeline under one handle. Flushes run one after the other and a shutdown waits for them: upstream's log
 * processor loses what it holds when both run at once.
 */
export class Pipeline implements Sonde {
  readonly #stages: readonly Stage[];
  readonly #timeoutMs: number;
  readonly #onShutdown: () => void;
  #last: Promise<unknown> = Promise.resolve();
  #shutdown: Promise<void> | undefined;

  /**
   * @param stages what is flushed and ended, all at once
   * @param timeoutMs the default deadline of both
   * @param onShutdown called once, when the pipeline has ended
   */
  constructor(stages: readonly Stage[], timeoutMs: number, onShutdown: () => void) {
    this.#stages = stages;
    this.#timeoutMs = timeoutMs;
    this.#onShutdown = onShutdown;
  }

  flush(options: { timeoutMs?: number } = {}): Promise<void> {
    if (this.#shutdown !== undefined) return this.#shutdown;
    return within(options.timeoutMs ?? this.#timeoutMs, this.#enqueue('forceFlush'));
  }

  shutdown(options: { timeoutMs?: number } = {}): Promise<void> {
    this.#shutdown ??= within(options.timeoutMs ?? this.#timeoutMs, this.#enqueue('shutdown')).then(
      this.#onShutdown,
    );
    return this.#shutdown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  #enqueue(method: keyof Stage): Promise<unknown> {
    this.#last = this.#last.then(() => Promise.allSettled(this.#stages.map((stage) => stage[method]())));
    return this.#last;
  }
}
