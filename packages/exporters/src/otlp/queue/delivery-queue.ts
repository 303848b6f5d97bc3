import { suppressed } from '@sonde/sdk';
import type { OtlpExportError } from '../transport/export-error.ts';
import { abortedError, queueFullError, unexpectedOutcome } from './delivery-errors.ts';
import { reportFailing, reportFull, reportTooLarge } from './delivery-notices.ts';
import { acceptedResult, type DeliveryResult } from './delivery-result.ts';
import { Delivery } from './delivery.ts';
import { createExitRequest } from './exit-request.ts';
import { Gate } from './gate.ts';
import { Entries, type Entry, findWakeUp } from './entries.ts';
import { Lane } from './lane.ts';
import { Replay } from './replay.ts';
import type {
  AddOptions,
  DeliveryLane,
  DeliveryQueueOptions,
  ExitRequest,
  LaneOptions,
} from './request-queue.ts';
import type { RequestSpool } from './request-spool.ts';
import { SpoolCopies } from './spool-copies.ts';
import type { RetryableOutcome, SendOutcome } from './transport.ts';
import type { WaitingRequest } from './waiting-request.ts';

/** Maximum time of retries of a request whose credentials are rejected, in milliseconds. */
const unauthorizedRetryMs = 5 * 60_000;
const maxTimerMs = 2 ** 31 - 1;

/**
 * Holds encoded requests until the receiver accepts them: in order for each signal, with several in flight, and with one
 * back-off for each receiver. It is bounded in bytes; when it is full, it drops the oldest requests of the signal.
 * A batch has no lifetime by default, and the timeout of OTLP applies to each attempt.
 *
 * @example
 * ```ts
 * const queue = new DeliveryQueue({ maxBytes: 16 * 1024 * 1024 });
 * const spans = new OtlpTraceExporter({ queue });
 * const records = new OtlpLogExporter({ queue });
 * ```
 */
export class DeliveryQueue {
  readonly #maxConcurrency: number;
  readonly #maxAgeMs: number;
  readonly #spool: RequestSpool | undefined;
  readonly #onReplayed: DeliveryQueueOptions['onReplayed'];
  readonly #copies: SpoolCopies;
  readonly #replays: Replay;
  readonly #gates = new Map<string, Gate>();
  readonly #entries = new Entries();
  #timer: NodeJS.Timeout | undefined;
  #isExiting = false;
  #isDrained = false;
  /** Maximum size of the requests of all signals, in bytes. */
  readonly maxBytes: number;

  constructor(options: DeliveryQueueOptions = {}) {
    const {
      maxBytes = 64 * 1024 * 1024,
      maxConcurrency = 4,
      maxAgeMs = Infinity,
      spool,
      onReplayed,
    } = options;
    this.maxBytes = maxBytes;
    this.#maxConcurrency = maxConcurrency;
    this.#maxAgeMs = maxAgeMs;
    this.#spool = spool;
    this.#copies = new SpoolCopies(spool, maxBytes);
    this.#replays = new Replay(spool);
    this.#onReplayed = onReplayed;
  }

  /** The size of all requests in the queue, in bytes. */
  get bytes(): number {
    return this.#entries.bytes;
  }

  /** Time until the next replay, in milliseconds; `Infinity` if there is only room for new requests. */
  get #replayInMs(): number {
    return this.bytes > this.maxBytes / 2 ? Infinity : this.#replays.dueInMs;
  }

  /** @internal Creates the lane of an exporter. */
  createLane(options: LaneOptions): DeliveryLane {
    const { transport, maxRequestBytes } = options;
    const { origin } = transport;
    const maxConcurrency = this.#maxConcurrency;
    const gate = this.#gates.get(origin) ?? new Gate(maxConcurrency);
    this.#gates.set(origin, gate);
    const lane = new Lane({ gate, maxRequestBytes, maxConcurrency });
    const entry = this.#entries.add(lane, options);
    this.#isDrained = false;
    this.#replays.request();
    this.#run();
    return {
      add: (body, itemCount, onSettled, added = {}) => this.#add(entry, body, itemCount, onSettled, added),
      flush: () => this.#flush(entry),
      close: () => this.#close(entry),
      abort: () => lane.abortAttempts(),
    };
  }

  /** Prepares for the end of the process in `budgetMs`: sends without delay, and ends retries to an unreachable receiver. */
  beginExit(budgetMs: number): void {
    this.#isExiting = true;
    for (const { lane } of this.#entries.list) lane.beginExit(budgetMs);
    this.#run();
  }

  /** Undoes `beginExit`: the process continues. */
  cancelExit(): void {
    this.#isExiting = false;
    for (const { lane } of this.#entries.list) lane.cancelExit();
    this.#run();
  }

  /** Aborts the attempts in flight and ends all flushes. The requests remain queued until the next flush. */
  abort(): void {
    for (const { lane } of this.#entries.list) lane.abortAttempts();
    this.endFlushes();
  }

  /** Resolves all flushes, because their deadline has passed. */
  endFlushes(): void {
    for (const { lane } of this.#entries.list) lane.endFlushes();
  }

  /** Returns all requests that are not settled, including those in flight, and stops sending. */
  drain(): readonly ExitRequest[] {
    this.#isDrained = true;
    clearTimeout(this.#timer);
    return this.#entries.list.flatMap(({ lane, options: { transport } }) =>
      lane.all.map((delivery) => createExitRequest(delivery, { lane, transport, spool: this.#spool })),
    );
  }

  /** Closes the spool in the 'exit' event, after `drain`. */
  closeSync(): void {
    this.#spool?.closeSync();
  }

  #add(
    entry: Entry,
    body: Uint8Array,
    itemCount: number,
    onSettled: (result: DeliveryResult) => void,
    { isSnapshot = false }: AddOptions,
  ): void {
    const { lane, options } = entry;
    const { signal, transport } = options;
    const request: WaitingRequest = { signal, endpoint: transport.endpoint, body, itemCount };
    const delivery = new Delivery(request, { sequence: lane.nextSequence(), isSnapshot, onSettled });
    if (isSnapshot) lane.supersede(delivery);
    if (entry.isClosed) {
      delivery.settle({ dropped: itemCount, error: abortedError('the exporter is shut down') });
    } else if (this.#makeRoom(entry, delivery.sizeBytes)) {
      this.#copies.keep(delivery, () => {
        if (this.#isKept(lane)) lane.endFlushes();
      });
      lane.enter(delivery);
      lane.gate.limitDelay();
      lane.isPaused = false;
      this.#run();
    } else {
      this.#leave(entry, delivery, this.#fullError(lane));
    }
  }

  /** Drops old requests until there is room. Returns whether there is room. */
  #makeRoom(entry: Entry, sizeBytes: number): boolean {
    for (let { bytes } = this; bytes + sizeBytes > this.maxBytes; { bytes } = this) {
      const victim = this.#entries.fullest(entry, sizeBytes, this.maxBytes);
      const oldest = victim?.lane.shift();
      if (victim === undefined || oldest === undefined) return false;
      this.#leave(victim, oldest, this.#fullError(victim.lane));
    }
    return true;
  }

  #fullError({ lastError }: Lane): OtlpExportError {
    return queueFullError(this.maxBytes, lastError);
  }

  /** Removes a request from memory: keeps its copy on disk, or drops it if there is none. */
  #leave(entry: Entry, delivery: Delivery, error: OtlpExportError): void {
    const { lane, options } = entry;
    const { signal, notices } = options;
    const { itemCount } = delivery.request;
    if (lane.isSuperseded(delivery)) {
      delivery.settle({ superseded: itemCount });
      return;
    }
    const isFull = error.code === 'SONDE_OTLP_QUEUE_FULL';
    if (isFull && delivery.whole.isPersisting) {
      void delivery.whole.persisted?.then(() => {
        this.#leave(entry, delivery, error);
        this.#run();
      });
      return;
    }
    // A synchronous write would block an application whose queue overflows.
    const isOnDisk =
      delivery.whole.spooled !== undefined || (!isFull && this.#spool?.appendSync(delivery.request) === true);
    if (isOnDisk) {
      delivery.settle({ spooled: itemCount });
      this.#replays.request();
      return;
    }
    delivery.settle({ dropped: itemCount, error });
    delivery.free();
    if (isFull) reportFull(notices, signal, error);
  }

  /** Whether the receiver fails and all requests are on disk, so that a flush need not wait for them. */
  #isKept(lane: Lane): boolean {
    const isFailing = lane.lastError !== undefined && lane.inFlight.size === 0;
    return !this.#isExiting && isFailing && this.#copies.hasAll(lane.all);
  }

  /** Starts all attempts that the gates allow, and sets a timer for the rest. */
  #run(): void {
    if (this.#isDrained) return;
    // The requests must not inherit the span or the baggage of the caller.
    suppressed(() => {
      for (const { lane } of this.#entries.list) lane.expire(this.#maxAgeMs);
      for (let entry = this.#entries.next(); entry !== undefined; entry = this.#entries.next()) {
        const delivery = entry.lane.begin();
        if (delivery !== undefined) void this.#attempt(entry, delivery);
      }
      void this.#replay();
    });
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const { waitMs, isKeptAlive } = findWakeUp(this.#entries.list, this.#replayInMs);
    if (waitMs === Infinity) return;
    this.#timer = setTimeout(() => this.#run(), Math.min(Math.ceil(waitMs), maxTimerMs));
    if (!isKeptAlive) this.#timer.unref();
  }

  /** Makes one attempt. Never rejects. */
  async #attempt(entry: Entry, delivery: Delivery): Promise<void> {
    const { lane, options } = entry;
    const controller = new AbortController();
    delivery.controller = controller;
    delivery.isAttempted = true;
    const endAttempt = lane.beginAttempt();
    const outcome = await options.transport
      .send(delivery.request, { abortSignal: controller.signal, timeoutMs: options.timeoutMs })
      .catch(unexpectedOutcome);
    delivery.controller = undefined;
    const isAborted = controller.signal.aborted && outcome.status === 'retryable';
    endAttempt(isAborted ? undefined : outcome);
    lane.end(delivery);
    if (this.#isDrained || delivery.isSettled) return;
    if (isAborted) lane.add(delivery);
    else this.#conclude(entry, delivery, outcome);
    this.#run();
  }

  #conclude(entry: Entry, delivery: Delivery, outcome: SendOutcome): void {
    const { lane, options } = entry;
    const { itemCount } = delivery.request;
    switch (outcome.status) {
      case 'accepted':
        delivery.settle(acceptedResult(itemCount, outcome));
        break;
      case 'too-large':
        if (lane.split(delivery)) break;
        delivery.settle({ dropped: itemCount, error: outcome.error });
        reportTooLarge(options, delivery.request, outcome.error);
        break;
      case 'permanent':
        delivery.settle({ dropped: itemCount, error: outcome.error });
        break;
      case 'retryable':
        this.#retry(entry, delivery, outcome);
        break;
      default:
    }
  }

  #retry(entry: Entry, delivery: Delivery, outcome: RetryableOutcome): void {
    const { error, isUnauthorized = false } = outcome;
    const { lane, options } = entry;
    const { itemCount } = delivery.request;
    const isRejected = isUnauthorized && delivery.rejectCredentials() > unauthorizedRetryMs;
    if (lane.isSuperseded(delivery)) {
      delivery.settle({ superseded: itemCount });
    } else if (isRejected) {
      delivery.settle({ dropped: itemCount, error });
    } else {
      lane.add(delivery);
    }
    reportFailing(options, outcome, { maxBytes: this.maxBytes, failingForMs: lane.gate.failingForMs });
    for (const each of this.#entries.list)
      if (each.lane.isAttemptUseless || this.#isKept(each.lane)) each.lane.endFlushes();
  }

  /** Leases the next request from the spool and adds it to its lane. Never rejects. */
  async #replay(): Promise<void> {
    const open = this.#entries.list.filter(({ lane, isClosed }) => !isClosed && lane.isOpen);
    if (this.#replayInMs > 0 || open.length === 0) return;
    const leased = await this.#replays.lease(new Set(open.map(({ options }) => options.transport.endpoint)));
    const { request } = leased ?? {};
    const entry = request && this.#entries.find(request);
    if (request === undefined || entry === undefined || this.#isDrained) {
      if (leased !== undefined) this.#replays.release(leased);
      this.#replays.finish();
    } else {
      const onSettled = (result: DeliveryResult): void => {
        this.#replays.finish();
        this.#onReplayed?.(request.signal, result);
      };
      const sequence = entry.lane.nextSequence();
      const delivery = new Delivery(request, { sequence, isSnapshot: false, onSettled });
      delivery.spooled = leased;
      entry.lane.enter(delivery);
    }
    this.#run();
  }

  /** Resolves when all earlier requests are settled, when they are on disk while the receiver fails, or at `endFlushes`. */
  async #flush({ lane }: Entry): Promise<void> {
    lane.expedite();
    lane.isPaused = false;
    this.#run();
    if (!lane.isAttemptUseless && !this.#isKept(lane)) await lane.flush();
  }

  /** Sends the remaining requests within the timeout. Moves the rest to the spool, or drops it. */
  async #close(entry: Entry): Promise<void> {
    const { lane, options } = entry;
    entry.isClosed = true;
    const budgetMs = Math.min(options.timeoutMs, maxTimerMs);
    if (!this.#isExiting) lane.beginExit(budgetMs);
    const deadline = setTimeout(() => lane.endFlushes(), budgetMs);
    if (options.unref) deadline.unref();
    await this.#flush(entry);
    clearTimeout(deadline);
    if (!this.#isExiting) lane.cancelExit();
    if (this.#spool !== undefined) await Promise.all(lane.all.map(async ({ whole }) => whole.persisted));
    if (this.#isDrained) return;
    for (const delivery of lane.all) {
      delivery.controller?.abort(abortedError('the exporter is shut down'));
      this.#leave(entry, delivery, lane.lastError ?? abortedError('the exporter is shut down'));
    }
    this.#entries.remove(entry);
    options.transport.close();
    if (this.#entries.list.length > 0) return;
    clearTimeout(this.#timer);
    await this.#spool?.close();
  }
}
