import { type NoticeBoard, suppressed } from '@sonde/sdk';
import { OtlpExportError } from '../transport/export-error.ts';
import type { OtlpRequest } from '../transport/otlp-request.ts';
import { shortText } from '../transport/rejection-reason.ts';
import type { OtlpSignal } from '../signal.ts';
import type { DeliveryResult } from './delivery-result.ts';
import { Delivery } from './delivery.ts';
import { Gate } from './gate.ts';
import { Lane } from './lane.ts';
import type { RequestSpool } from './request-spool.ts';
import { itemName, splitRequest } from './split-request.ts';
import type { ExitAnswer, SendOutcome, Transport } from './transport.ts';
import type { WaitingRequest } from './waiting-request.ts';

/** The bounds of a {@link DeliveryQueue}. */
export interface DeliveryQueueOptions {
  /** The bytes that requests of all signals may occupy. @default 67108864, 64 MiB */
  readonly maxBytes?: number;
  /** Requests in flight to one receiver at a time. @default 4 */
  readonly maxConcurrency?: number;
  /** How long a request may wait, in milliseconds. @default unlimited: only `maxBytes` bounds the queue */
  readonly maxAgeMs?: number | undefined;
  /** Keeps requests on disk until they are delivered. @default none */
  readonly spool?: RequestSpool | undefined;
  /** Receives the results of requests that an earlier process, or this one, left in the spool. */
  readonly onReplayed?: (signal: OtlpSignal, result: DeliveryResult) => void;
}

/** Options of a lane: the requests of one exporter. */
export interface LaneOptions {
  readonly signal: OtlpSignal;
  readonly transport: Transport;
  /** The budget of one attempt, in milliseconds; `Infinity` for no limit. */
  readonly timeoutMs: number;
  /** Larger requests are split, down to one item. */
  readonly maxRequestBytes: number;
  /** Lets the process exit while requests wait. Otherwise they keep it alive for `timeoutMs`. */
  readonly unref: boolean;
  readonly notices: NoticeBoard;
}

/** Options of one request. */
export interface AddOptions {
  /** The request holds the latest value of each of its series: it replaces an earlier snapshot that still waits. */
  readonly isSnapshot?: boolean;
}

/** A request that is left in the 'exit' event. */
export interface ExitRequest {
  /** Undefined if it cannot be sent synchronously, or if the receiver has just failed. */
  readonly request: OtlpRequest | undefined;
  /** Reports the outcome: the receiver's answer, the error, or neither if the time was over. */
  settle(answer: ExitAnswer | undefined, error?: Error): void;
}

const items = { traces: 'spans', logs: 'log records', metrics: 'metric points' } as const;
/** Each signal may use this part of the queue, however full others have made it. */
const guaranteedShare = 1 / 4;
/** How long a request is tried again that is refused for credentials. */
const limitedRetryMs = 5 * 60_000;
/** An outage is reported when it has lasted as long as the first retries take. */
const reportAfterMs = 3000;
const replayIntervalMs = 60_000;
const maxTimerMs = 2 ** 31 - 1;

/** A lane and its options. */
interface Entry {
  readonly lane: Lane;
  readonly options: LaneOptions;
  isClosed: boolean;
}

/**
 * Holds encoded requests until the receiver has accepted them: in order for each signal, with several in flight, and with
 * one back-off for each receiver. It is bounded in bytes; when it is full, the oldest requests of the signal are given up.
 * A batch has no lifetime of its own, and the timeout of OTLP is the budget of one attempt.
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
  readonly #gates = new Map<string, Gate>();
  readonly #entries: Entry[] = [];
  /** The lane that is served next. */
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Whether a request from the spool is on its way. */
  #isReplaying = false;
  #replayAtMs = -Infinity;
  /** Counts what adds requests to the spool, or endpoints to look for. */
  #replayReasons = 0;
  #isHurried = false;
  #isDrained = false;
  /** The bytes that requests of all signals may occupy. */
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
    this.#onReplayed = onReplayed;
  }

  /** The bytes that requests occupy. */
  get bytes(): number {
    return this.#entries.reduce((sum, { lane }) => sum + lane.bytes, 0);
  }

  /** @internal Creates the lane of an exporter. */
  createLane(options: LaneOptions): DeliveryLane {
    const { transport, maxRequestBytes } = options;
    const { origin } = transport;
    const maxConcurrency = this.#maxConcurrency;
    const gate = this.#gates.get(origin) ?? new Gate(maxConcurrency);
    this.#gates.set(origin, gate);
    const lane = new Lane({ gate, maxRequestBytes, maxConcurrency });
    const entry: Entry = { lane, options, isClosed: false };
    this.#entries.push(entry);
    this.#isDrained = false;
    this.#requestReplay();
    this.#run();
    return {
      add: (body, itemCount, onSettled, added = {}) => this.#add(entry, body, itemCount, onSettled, added),
      flush: () => this.#flush(entry),
      close: () => this.#close(entry),
      abort: () => abortAttempts(lane),
    };
  }

  /** The process ends within `budgetMs`: sends what waits without delay, and stops waiting for a receiver that is down. */
  hurry(budgetMs: number): void {
    this.#isHurried = true;
    for (const { lane } of this.#entries) lane.hurry(budgetMs);
    this.#run();
  }

  /** The process goes on after `hurry`. */
  relax(): void {
    this.#isHurried = false;
    for (const { lane } of this.#entries) lane.relax();
    this.#run();
  }

  /** Aborts the attempts that are under way; the requests stay for the next flush. Ends all flushes. */
  abort(): void {
    for (const { lane } of this.#entries) abortAttempts(lane);
    this.endFlushes();
  }

  /** Ends all flushes: nobody waits for them any longer. */
  endFlushes(): void {
    for (const { lane } of this.#entries) lane.endFlushes();
  }

  /** Returns everything that is not known to be delivered, what is in flight included, and sends nothing more itself. */
  drain(): readonly ExitRequest[] {
    this.#isDrained = true;
    clearTimeout(this.#timer);
    return this.#entries.flatMap((entry) =>
      entry.lane.all.map((delivery) => this.#exitRequest(entry, delivery)),
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
    if (isSnapshot) supersede(lane, delivery);
    if (entry.isClosed) {
      delivery.settle({ lost: itemCount, error: aborted('the exporter is shut down') });
    } else if (this.#makeRoom(entry, delivery.sizeBytes)) {
      this.#keepOnDisk(lane, delivery);
      enter(lane, delivery);
      lane.isPaused = false;
      this.#run();
    } else {
      this.#leave(entry, delivery, this.#fullError(lane));
    }
  }

  /** Gives up old requests until there is room. Returns whether there is. */
  #makeRoom(entry: Entry, sizeBytes: number): boolean {
    for (let { bytes } = this; bytes + sizeBytes > this.maxBytes; { bytes } = this) {
      const victim = this.#fullest(entry, sizeBytes);
      const oldest = victim?.lane.shift();
      if (victim === undefined || oldest === undefined) return false;
      this.#leave(victim, oldest, this.#fullError(victim.lane));
    }
    return true;
  }

  /** The lane that gives up its oldest request: its own, unless that one uses less than its share. */
  #fullest(entry: Entry, sizeBytes: number): Entry | undefined {
    if (entry.lane.bytes + sizeBytes > this.maxBytes * guaranteedShare) return entry;
    const full = this.#entries.filter(({ lane }) => lane.hasWaiting);
    return full.sort((first, second) => second.lane.bytes - first.lane.bytes)[0];
  }

  #fullError({ lastError }: Lane): OtlpExportError {
    const reason = lastError === undefined ? '' : `; last attempt: ${lastError.message}`;
    const message = `export queue full (${this.maxBytes} bytes)${reason}`;
    return new OtlpExportError('SONDE_OTLP_QUEUE_FULL', message, { cause: lastError });
  }

  /** Leaves a request to the disk, if it is there; otherwise it is lost. */
  #leave(entry: Entry, delivery: Delivery, error: OtlpExportError): void {
    const { lane, options } = entry;
    const { signal, notices } = options;
    const { itemCount } = delivery.request;
    if (lane.isSuperseded(delivery)) {
      delivery.settle({ superseded: itemCount });
      return;
    }
    const isFull = error.code === 'SONDE_OTLP_QUEUE_FULL';
    if (isFull && delivery.root.isPersisting) {
      void delivery.root.persisted?.then(() => {
        this.#leave(entry, delivery, error);
        this.#run();
      });
      return;
    }
    // Writing synchronously would block an application whose queue overflows.
    const isOnDisk =
      delivery.root.spooled !== undefined || (!isFull && this.#spool?.appendSync(delivery.request) === true);
    if (isOnDisk) {
      delivery.settle({ spooled: itemCount });
      this.#requestReplay();
      return;
    }
    delivery.settle({ lost: itemCount, error });
    if (!isFull) return;
    const message = `${error.message}: dropping the oldest ${items[signal]}; the total is reported at exit`;
    notices.reportOnce('queue full', { code: 'SONDE_QUEUE_FULL', message });
  }

  #keepOnDisk(lane: Lane, delivery: Delivery): void {
    const spool = this.#spool;
    if (spool === undefined) return;
    const appended = suppressed(() => spool.append(delivery.request));
    delivery.isPersisting = true;
    delivery.persisted = appended.then((spooled) => {
      delivery.isPersisting = false;
      if (delivery.isSettled) void spooled?.ack();
      else delivery.spooled = spooled;
      if (this.#isKept(lane)) lane.endFlushes();
    });
  }

  /** Whether the receiver fails and what waits is on disk: unless the process ends, a flush need not wait. */
  #isKept(lane: Lane): boolean {
    const isFailing = !this.#isHurried && lane.lastError !== undefined && lane.inFlight.size === 0;
    if (this.#spool === undefined || !isFailing) return false;
    return lane.all.every(({ root }) => root.spooled !== undefined);
  }

  /** Sends what may be sent now, and sets a timer for the rest. */
  #run(): void {
    if (this.#isDrained) return;
    // The requests must not inherit the span or the baggage of the caller.
    suppressed(() => {
      for (const entry of this.#entries) this.#expire(entry);
      for (let entry = this.#next(); entry !== undefined; entry = this.#next()) {
        const delivery = entry.lane.begin();
        if (delivery !== undefined) void this.#attempt(entry, delivery);
      }
      void this.#replay();
    });
    this.#schedule();
  }

  #expire(entry: Entry): void {
    const { lane } = entry;
    if (this.#maxAgeMs === Infinity) return;
    const expiredMs = performance.now() - this.#maxAgeMs;
    for (let { oldest } = lane; oldest !== undefined && oldest.addedAtMs < expiredMs; { oldest } = lane) {
      lane.shift();
      const { lastError: cause } = lane;
      const message = `not accepted within ${this.#maxAgeMs} ms: ${cause?.message ?? 'other requests wait'}`;
      const error = new OtlpExportError('SONDE_OTLP_TIMEOUT', message, { cause });
      oldest.settle({ lost: oldest.request.itemCount, error });
    }
  }

  /** The next lane that may send; the lanes take turns. */
  #next(): Entry | undefined {
    const { length } = this.#entries;
    for (let offset = 0; offset < length; offset++) {
      const index = (this.#turn + offset) % length;
      const entry = this.#entries[index];
      if (entry?.lane.isReady !== true) continue;
      this.#turn = (index + 1) % length;
      return entry;
    }
    return undefined;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    let waitMs = Infinity;
    let isKeptAlive = false;
    for (const { lane, options } of this.#entries) {
      const { oldest, opensInMs } = lane;
      if (oldest === undefined || opensInMs === 0 || lane.isHopeless || lane.isPaused) continue;
      waitMs = Math.min(waitMs, opensInMs);
      if (!options.unref && performance.now() - oldest.addedAtMs < options.timeoutMs) isKeptAlive = true;
    }
    // Processes that end meanwhile may leave requests.
    const replayInMs = this.#replayAtMs - performance.now();
    if (this.#spool !== undefined && replayInMs > 0) waitMs = Math.min(waitMs, replayInMs);
    if (waitMs === Infinity) return;
    this.#timer = setTimeout(() => this.#run(), Math.min(Math.ceil(waitMs), maxTimerMs));
    if (!isKeptAlive) this.#timer.unref();
  }

  /** Makes one attempt. Never rejects. */
  async #attempt(entry: Entry, delivery: Delivery): Promise<void> {
    const { lane, options } = entry;
    const controller = new AbortController();
    delivery.controller = controller;
    const endAttempt = lane.beginAttempt();
    const outcome = await options.transport
      .send(delivery.request, { signal: controller.signal, timeoutMs: options.timeoutMs })
      .catch(failedUnexpectedly);
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
    const { itemCount } = delivery.request;
    switch (outcome.status) {
      case 'accepted':
        delivery.settle(acceptedResult(delivery, outcome));
        break;
      case 'too-large':
        this.#split(entry, delivery, outcome.error);
        break;
      case 'permanent':
        delivery.settle({ lost: itemCount, error: outcome.error });
        break;
      case 'retryable':
        this.#retry(entry, delivery, outcome);
        break;
      default:
    }
  }

  /** Splits a request that the receiver finds too large, and those that follow. */
  #split({ lane, options }: Entry, delivery: Delivery, error: OtlpExportError): void {
    const { request } = delivery;
    const maxBytes = Math.ceil(request.body.byteLength / 2);
    const parts = splitRequest(request, maxBytes);
    if (parts.length === 1) {
      delivery.settle({ lost: request.itemCount, error });
      const name = itemName(request);
      const subject = `one of the ${items[request.signal]}${name === '' ? '' : ` ('${shortText(name)}')`}`;
      options.notices.reportOnce('too large', {
        code: 'SONDE_OTLP_TOO_LARGE',
        message: `${options.transport.origin} refuses ${subject} of ${request.body.byteLength} bytes as too large: ${error.message}; the total is reported at exit`,
      });
      return;
    }
    lane.maxRequestBytes = Math.min(lane.maxRequestBytes, maxBytes);
    for (const part of delivery.divide(parts)) lane.add(part);
  }

  #retry(entry: Entry, delivery: Delivery, { error, isLimited, retryAfterMs = 0 }: Retryable): void {
    const { lane, options } = entry;
    const { itemCount } = delivery.request;
    const nowMs = performance.now();
    if (isLimited === true) delivery.limitedSinceMs ??= nowMs;
    if (lane.isSuperseded(delivery)) {
      delivery.settle({ superseded: itemCount });
    } else if (isLimited === true && nowMs - (delivery.limitedSinceMs ?? nowMs) > limitedRetryMs) {
      delivery.settle({ lost: itemCount, error });
    } else {
      lane.add(delivery);
    }
    const isReported = isLimited === true || Math.max(lane.gate.failingForMs, retryAfterMs) >= reportAfterMs;
    if (isReported) {
      options.notices.reportOnce('failing', {
        code: 'SONDE_EXPORT_FAILED',
        message: `failed to export ${items[options.signal]} to ${options.transport.origin}: ${error.message}; they are kept until it recovers, the latest ${this.maxBytes} bytes of all signals`,
      });
    }
    for (const each of this.#entries)
      if (each.lane.isHopeless || this.#isKept(each.lane)) each.lane.endFlushes();
  }

  #requestReplay(): void {
    this.#replayReasons++;
    this.#replayAtMs = -Infinity;
  }

  /** Sends requests from the spool, one at a time, so that new ones are not held up. Never rejects. */
  async #replay(): Promise<void> {
    const spool = this.#spool;
    if (spool === undefined || this.#isReplaying || performance.now() < this.#replayAtMs) return;
    const open = this.#entries.filter(({ lane, isClosed }) => !isClosed && lane.isOpen);
    if (open.length === 0 || this.bytes > this.maxBytes / 2) return;
    this.#isReplaying = true;
    const reasons = this.#replayReasons;
    const leased = await spool.takeOldest(new Set(open.map(({ options }) => options.transport.endpoint)));
    const entry = open.find(
      ({ options }) =>
        options.transport.endpoint === leased?.request.endpoint && options.signal === leased.request.signal,
    );
    if (leased === undefined || entry === undefined || entry.isClosed || this.#isDrained) {
      leased?.release();
      this.#isReplaying = false;
      if (reasons === this.#replayReasons) this.#replayAtMs = performance.now() + replayIntervalMs;
      this.#run();
      return;
    }
    const { request } = leased;
    const onSettled = (result: DeliveryResult): void => {
      this.#isReplaying = false;
      this.#onReplayed?.(request.signal, result);
    };
    const sequence = entry.lane.nextSequence();
    const delivery = new Delivery(request, { sequence, isSnapshot: false, onSettled });
    delivery.spooled = leased;
    enter(entry.lane, delivery);
    this.#run();
  }

  /**
   * Resolves when everything that was added before is settled, when it is on disk while the receiver fails, or when nobody
   * waits for it any longer.
   */
  async #flush({ lane }: Entry): Promise<void> {
    lane.expedite();
    lane.isPaused = false;
    this.#run();
    if (!lane.isHopeless && !this.#isKept(lane)) await lane.flush();
  }

  /** Sends what is left within the timeout, and gives up the rest. */
  async #close(entry: Entry): Promise<void> {
    const { lane, options } = entry;
    entry.isClosed = true;
    const budgetMs = Math.min(options.timeoutMs, maxTimerMs);
    if (!this.#isHurried) lane.hurry(budgetMs);
    const deadline = setTimeout(() => lane.endFlushes(), budgetMs);
    if (options.unref) deadline.unref();
    await this.#flush(entry);
    clearTimeout(deadline);
    if (!this.#isHurried) lane.relax();
    if (this.#spool !== undefined) await Promise.all(lane.all.map(({ root }) => root.persisted));
    if (this.#isDrained) return;
    for (const delivery of lane.all) {
      delivery.controller?.abort(aborted('the exporter is shut down'));
      this.#leave(entry, delivery, lane.lastError ?? aborted('the exporter is shut down'));
    }
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    options.transport.close();
    if (this.#entries.length > 0) return;
    clearTimeout(this.#timer);
    await this.#spool?.close();
  }

  #exitRequest(entry: Entry, delivery: Delivery): ExitRequest {
    const { transport } = entry.options;
    const { request, root } = delivery;
    const { lane } = entry;
    const { lastError } = lane;
    root.isExiting = true;
    const isSuperseded = lane.isSuperseded(delivery);
    const settle = (answer: ExitAnswer | undefined, failure?: Error): void => {
      const outcome = answer && transport.readAnswer?.(answer);
      if (isSuperseded) delivery.settle({ superseded: request.itemCount });
      else if (outcome?.status === 'accepted') delivery.settle(acceptedResult(delivery, outcome));
      else if (outcome?.status === 'permanent')
        delivery.settle({ lost: request.itemCount, error: outcome.error });
      else {
        const isOnDisk = root.spooled !== undefined || this.#spool?.appendSync(request) === true;
        const error =
          outcome?.error ?? toExportError(failure) ?? lastError ?? aborted('the time for exports is over');
        delivery.settle(isOnDisk ? { spooled: request.itemCount } : { lost: request.itemCount, error });
      }
    };
    return {
      request: isSuperseded || lane.isHopeless ? undefined : transport.exitRequest?.(request),
      settle,
    };
  }
}

type Retryable = Extract<SendOutcome, { status: 'retryable' }>;

/** Adds a delivery to its lane, in parts if it is too large. */
function enter(lane: Lane, delivery: Delivery): void {
  const parts = splitRequest(delivery.request, lane.maxRequestBytes);
  const deliveries = parts.length === 1 ? [delivery] : delivery.divide(parts);
  for (const each of deliveries) lane.add(each);
}

/** Replaces the snapshots that wait. One that is in flight may still arrive. */
function supersede(lane: Lane, { sequence }: Delivery): void {
  lane.latestSnapshot = sequence;
  for (const earlier of lane.remove(({ isSnapshot }) => isSnapshot)) {
    earlier.settle({ superseded: earlier.request.itemCount });
  }
}

/** Nothing is sent until the next request or flush. */
function abortAttempts(lane: Lane): void {
  lane.isPaused = true;
  for (const { controller } of lane.inFlight) {
    controller?.abort(aborted('aborted because the time for exports is over'));
  }
}

function acceptedResult(
  { request: { itemCount } }: Delivery,
  { rejectedCount, message }: Extract<SendOutcome, { status: 'accepted' }>,
): Partial<DeliveryResult> {
  const rejected = Math.min(Math.max(0, rejectedCount), itemCount);
  return { delivered: itemCount - rejected, rejected, message };
}

function aborted(message: string): OtlpExportError {
  return new OtlpExportError('SONDE_OTLP_ABORTED', message);
}

function failedUnexpectedly(error: unknown): SendOutcome {
  const message = error instanceof Error ? error.message : String(error);
  return {
    status: 'permanent',
    error: new OtlpExportError('SONDE_OTLP_CONNECTION', message, { cause: error }),
  };
}

function toExportError(cause: Error | undefined): OtlpExportError | undefined {
  return cause && new OtlpExportError('SONDE_OTLP_CONNECTION', cause.message, { cause });
}

/** A queue in which requests wait for delivery: a `DeliveryQueue` or a `WorkerQueue`. */
export interface RequestQueue {
  /** @internal Creates the lane of an exporter. */
  createLane(options: LaneOptions): DeliveryLane;
}

/** @internal */
export interface DeliveryLane {
  /** Adds an encoded request. `onSettled` receives the outcome, once. */
  add(
    body: Uint8Array,
    itemCount: number,
    onSettled: (result: DeliveryResult) => void,
    options?: AddOptions,
  ): void;
  /** Resolves when everything that was added before is settled, or when the queue no longer waits for it. */
  flush(): Promise<void>;
  /** Sends what is left within the timeout, gives up the rest, and accepts nothing more. */
  close(): Promise<void>;
  /** Aborts the attempts that are under way; the requests stay for the next flush. */
  abort(): void;
}
