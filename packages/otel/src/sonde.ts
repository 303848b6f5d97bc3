import type { IncomingMessage, ServerResponse } from 'node:http';
import { runDeferred } from '@sonde/sdk';

/** Handles requests of a `node:http` server. */
export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** The handle of a running pipeline. */
export interface Sonde extends AsyncDisposable {
  /**
   * Answers scrapes with the metrics, whatever the path: mount it in a server of the application, with
   * `metrics: { prometheus: { preventServerStart: true } }`. Undefined without a Prometheus endpoint.
   */
  readonly metricsHandler?: MetricsHandler | undefined;
  /**
   * Exports everything that was recorded before this call. Resolves when that is done or the time is over; never rejects.
   *
   * @param options.timeoutMs the deadline in milliseconds; by default `exit.timeoutMs`, which is 2000 unless set
   */
  flush(options?: { timeoutMs?: number }): Promise<void>;
  /**
   * Flushes, then ends the pipeline. A second call returns the first one's promise.
   *
   * Telemetry that is recorded later is dropped and counted, until `start()` is called again: then tracers, loggers,
   * instruments and instrumentations that exist use the new pipeline, and metrics begin at zero.
   *
   * @param options.timeoutMs the deadline in milliseconds; by default `exit.timeoutMs`, which is 2000 unless set
   */
  shutdown(options?: { timeoutMs?: number }): Promise<void>;
}

/** A part of the pipeline that can be flushed and shut down. */
export interface Stage {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Time after a flush on 'beforeExit' until the process is considered to continue, in milliseconds. */
const cancelExitAfterMs = 500;

/** Called in addition to the stages when a pipeline ends. */
export interface PipelineEnd {
  /** Called when the process is about to end, so that waiting requests are sent without delay. */
  beginExit?(budgetMs: number): void;
  /** Called when the process continues after `beginExit`. */
  cancelExit?(): void;
  /** Called when the deadline of a flush has passed. */
  endFlushes?(): void;
  /** Called when the deadline of a shutdown has passed, to drop the remaining telemetry. */
  onTimeout?(): void;
  /** Called once, at the end of the shutdown: removes listeners and reports dropped items. */
  release?(): void;
  /** The handler of the Prometheus endpoint. */
  readonly metricsHandler?: MetricsHandler | undefined;
  /** Ends the exports that are under way. Returns whether none is left that could keep the process alive. */
  abort?(): boolean;
}

/** Waits until `work` settles, but no longer than `timeoutMs`. Resolves to whether it settled in time. */
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
 * A pipeline behind one handle. Flushes run one after the other and a shutdown waits for them: upstream's log processor
 * drops records when both run at once.
 */
export class Pipeline implements Sonde {
  readonly #stages: readonly Stage[];
  readonly #timeoutMs: number;
  readonly #end: PipelineEnd;
  #last: Promise<unknown> = Promise.resolve();
  #shutdown: Promise<void> | undefined;
  #timedOutMs: number | undefined;
  #isReleased = false;

  /**
   * @param stages the parts that are flushed and shut down, concurrently
   * @param timeoutMs the default deadline of a flush and a shutdown
   */
  constructor(stages: readonly Stage[], timeoutMs: number, end: PipelineEnd = {}) {
    this.#stages = stages;
    this.#timeoutMs = timeoutMs;
    this.#end = end;
  }

  get metricsHandler(): MetricsHandler | undefined {
    return this.#end.metricsHandler;
  }

  /** Whether `shutdown` was called. */
  get isShutDown(): boolean {
    return this.#shutdown !== undefined;
  }

  /**
   * The deadline in milliseconds of the last export, in the 'exit' event. It is 0 if the flush before it, when the event
   * loop was empty, has just reached its own deadline; a flush that the application called does not count.
   */
  get exitTimeoutMs(): number {
    const isSpent = this.#timedOutMs !== undefined && performance.now() - this.#timedOutMs < this.#timeoutMs;
    return isSpent ? 0 : this.#timeoutMs;
  }

  /** Ends the exports that a late flush or shutdown left under way. Returns whether none could keep the process alive. */
  abort(): boolean {
    return this.#end.abort?.() ?? false;
  }

  flush({ timeoutMs = this.#timeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    return this.#shutdown ?? this.#within(timeoutMs, 'forceFlush').then(() => {});
  }

  /** Flushes when the event loop is empty. Resolves to whether that finished in time. */
  async flushBeforeExit(): Promise<boolean> {
    if (this.#shutdown !== undefined) return true;
    this.#end.beginExit?.(this.#timeoutMs);
    const isInTime = await this.#within(this.#timeoutMs, 'forceFlush');
    this.#timedOutMs = isInTime ? undefined : performance.now();
    setTimeout(() => this.#end.cancelExit?.(), cancelExitAfterMs).unref();
    return isInTime;
  }

  shutdown({ timeoutMs = this.#timeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    if (this.#shutdown === undefined) this.#end.beginExit?.(timeoutMs);
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
    const isInTime = await settlesWithin(timeoutMs, this.#last);
    if (!isInTime) this.#end.endFlushes?.();
    return isInTime;
  }
}
