import type { DeliveryQueue } from '../queue/delivery-queue.ts';
import type { DeliveryLane, ExitRequest, LaneOptions } from '../queue/request-queue.ts';
import { createResult } from '../queue/delivery-result.ts';
import { OtlpExportError } from '../transport/export-error.ts';
import { connectionSettings } from './connection-settings.ts';
import { createMainThreadQueue } from './main-thread-queue.ts';
import { type FromWorker, fromResultData, type ToWorker } from './messages.ts';
import { PendingCommands } from './pending-commands.ts';
import { type PendingRequest, PendingRequests } from './pending-requests.ts';
import { ThreadClient, transferable } from './thread-client.ts';
import { phases } from './thread-status.ts';
import type { WorkerQueueOptions } from './worker-queue-options.ts';

/** A lane, and where its requests go. */
interface LaneState {
  readonly options: LaneOptions;
  /** Whether the thread has the lane. */
  isRemote: boolean;
  /** The lane in this thread. */
  local: DeliveryLane | undefined;
}

type Added = Pick<PendingRequest, 'itemCount' | 'isSnapshot' | 'onSettled'>;

/**
 * A delivery queue in a worker thread, which compresses, sends and stores requests. The thread keeps sending while the main
 * thread is busy and in the 'exit' event. It starts with the first request.
 *
 * The main thread keeps a copy of each request until the delivery thread has taken it. It sends requests itself if that thread
 * fails or has not started when the process ends, and those of a transport that cannot be cloned, for example because of a
 * custom agent.
 */
export class WorkerQueue {
  readonly maxBytes: number;
  readonly #options: WorkerQueueOptions;
  readonly #pending = new PendingRequests();
  readonly #commands = new PendingCommands();
  readonly #lanes: LaneState[] = [];
  #fallback: DeliveryQueue | undefined;
  #thread: ThreadClient | undefined;
  /** Whether the main thread sends all further requests. */
  #isRevoked = false;
  #isExiting = false;
  /** Revokes the requests that the thread does not take before the process ends. */
  #exitTimer: NodeJS.Timeout | undefined;
  #openLanes = 0;

  constructor(options: WorkerQueueOptions) {
    this.maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
    this.#options = options;
  }

  /** The size of all requests in the queue, in bytes. */
  get bytes(): number {
    return this.#pending.bytes + (this.#fallback?.bytes ?? 0);
  }

  /** @internal Creates the lane of an exporter. */
  createLane(options: LaneOptions): DeliveryLane {
    const lane: LaneState = { options, isRemote: false, local: undefined };
    const index = this.#lanes.push(lane) - 1;
    this.#openLanes++;
    return {
      add: (body, itemCount, onSettled, { isSnapshot = false } = {}) => {
        if (this.#usesThread(index, lane)) this.#add(index, body, { itemCount, onSettled, isSnapshot });
        else this.#localLane(lane).add(body, itemCount, onSettled, { isSnapshot });
      },
      flush: async () => {
        if (lane.isRemote) await this.#request('flush', index);
        // After a failure of the thread, the main thread has its requests.
        await lane.local?.flush();
      },
      close: async () => {
        if (lane.isRemote) await this.#request('close', index);
        await lane.local?.close();
        if (!lane.isRemote) options.transport.close();
        this.#openLanes--;
        if (this.#openLanes === 0 && this.#pending.size === 0) this.#stop();
      },
      abort: () => {
        if (lane.isRemote) this.#post({ type: 'abort', lane: index });
        lane.local?.abort();
      },
    };
  }

  /** Prepares for the end of the process in `budgetMs`: sends the waiting requests without delay. */
  beginExit(budgetMs: number): void {
    this.#post({ type: 'beginExit', budgetMs });
    this.#fallback?.beginExit(budgetMs);
    const takeOver = (): void => {
      this.#releaseTaken();
      const isStarting = this.#thread?.status.phase === phases.starting;
      if (!isStarting && !this.#pending.hasUntaken) return;
      this.#revoke();
      this.#fallback?.beginExit(budgetMs / 2);
    };
    clearTimeout(this.#exitTimer);
    this.#exitTimer = this.#thread && setTimeout(takeOver, budgetMs / 2).unref();
  }

  /** Undoes `beginExit`: the process continues. */
  cancelExit(): void {
    clearTimeout(this.#exitTimer);
    this.#post({ type: 'cancelExit' });
    this.#fallback?.cancelExit();
  }

  /** Aborts the attempts in flight and ends all flushes. The requests remain queued until the next flush. */
  abort(): void {
    this.#post({ type: 'abort', lane: undefined });
    this.#fallback?.abort();
    this.endFlushes();
  }

  /** Resolves all flushes, because their deadline has passed. */
  endFlushes(): void {
    this.#post({ type: 'endFlushes' });
    this.#fallback?.endFlushes();
    this.#commands.resolveAll();
  }

  /** Prevents the start of the thread, which would take too long in the 'exit' event. */
  disableThreadStart(): void {
    this.#isExiting = true;
  }

  /**
   * Blocks in the 'exit' event until the thread has sent the remaining requests, then reports their outcomes. The requests of a
   * thread that has not started or does not respond are left for `drain`.
   */
  finishSync(budgetMs: number): void {
    const thread = this.#thread;
    if (thread === undefined) return;
    if (!thread.finishSync(budgetMs)) this.#revoke();
    thread.collect();
  }

  /** Returns all requests that are not settled. Those that the thread has taken cannot be sent again. */
  drain(): readonly ExitRequest[] {
    const error = abortedError('the export timeout at exit has expired');
    const remote = this.#pending.numbers.map((number): ExitRequest => ({
      request: undefined,
      settle: () => {
        // The thread may have delivered it meanwhile.
        this.#thread?.collect();
        this.#drop(number, error);
      },
    }));
    return [...(this.#fallback?.drain() ?? []), ...remote];
  }

  /** Closes the spool in the 'exit' event, after `drain`. */
  closeSync(): void {
    this.#fallback?.closeSync();
    this.#stop();
  }

  /** Ends the thread. A later request starts a new one. */
  #stop(): void {
    clearTimeout(this.#exitTimer);
    this.#thread?.stop();
    this.#thread = undefined;
    for (const lane of this.#lanes) lane.isRemote = false;
  }

  /** Returns whether the thread sends the requests of a lane. Starts the thread if needed. */
  #usesThread(index: number, lane: LaneState): boolean {
    const isLate = this.#isExiting && this.#thread === undefined;
    if (this.#isRevoked || lane.local !== undefined || isLate) return false;
    if (lane.isRemote) return true;
    const { signal, timeoutMs, maxRequestBytes, transport } = lane.options;
    const data = transport.toData?.();
    if (data === undefined || !this.#start()) return false;
    lane.isRemote = true;
    this.#post({ type: 'lane', lane: index, data: { signal, transport: data, timeoutMs, maxRequestBytes } });
    return true;
  }

  #localLane(lane: LaneState): DeliveryLane {
    if (lane.local !== undefined) return lane.local;
    this.#fallback ??= createMainThreadQueue(this.#options);
    return (lane.local = this.#fallback.createLane(lane.options));
  }

  /** Starts the thread if it is not running. Returns whether it runs. */
  #start(): boolean {
    if (this.#thread !== undefined) return true;
    const { maxConcurrency, maxAgeMs, spool, environment = {} } = this.#options;
    try {
      this.#thread = new ThreadClient({
        start: {
          queue: {
            maxBytes: this.maxBytes,
            ...(maxConcurrency !== undefined && { maxConcurrency }),
            ...(maxAgeMs !== undefined && { maxAgeMs }),
          },
          spool,
          connection: connectionSettings(),
        },
        environment,
        onMessage: (message) => this.#receive(message),
        onFailure: (error) => this.#fail(error),
      });
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
    this.#pending.startThread();
    this.#reference();
    return true;
  }

  #add(index: number, body: Uint8Array, added: Added): void {
    const { onSettled, itemCount } = added;
    const sizeBytes = body.byteLength;
    this.#releaseTaken();
    if (this.#pending.isUnresponsive(this.maxBytes / 4)) {
      this.#fail(new Error('it does not respond'));
      this.#addToLocal(index, { ...added, body });
      return;
    }
    if (this.#pending.bytes + sizeBytes > this.maxBytes * 2) {
      // The thread cannot enforce its limit while it processes messages too slowly.
      const message = `export queue full (${this.maxBytes} bytes)`;
      const error = new OtlpExportError('SONDE_OTLP_QUEUE_FULL', message);
      onSettled(createResult({ dropped: itemCount, error }));
      return;
    }
    const unref = this.#lanes[index]?.options.unref === true;
    const addedAtMs = performance.now();
    const copy = new Uint8Array(body);
    const { isSnapshot } = added;
    const id = this.#pending.add({ ...added, lane: index, sizeBytes, unref, body: copy, addedAtMs });
    if (!unref) this.#reference();
    const bytes = transferable(body);
    this.#post({ type: 'add', lane: index, id, body: bytes, itemCount, isSnapshot }, [bytes.buffer]);
  }

  #addToLocal(
    index: number,
    { body, itemCount, onSettled, isSnapshot }: Added & { readonly body: Uint8Array | undefined },
  ): void {
    const lane = this.#lanes[index];
    if (lane === undefined || body === undefined) return;
    this.#localLane(lane).add(body, itemCount, onSettled, { isSnapshot });
  }

  /** Resolves when the thread has completed the command, or at `endFlushes`. */
  #request(type: 'flush' | 'close', lane: number): Promise<void> {
    if (this.#isRevoked || this.#thread === undefined) return Promise.resolve();
    const { id, done } = this.#commands.add();
    this.#post({ type, lane, id });
    return done;
  }

  #post(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#thread?.post(message, transfer);
  }

  #receive(message: FromWorker): void {
    const { onNotice, onReplayed, onDrop } = this.#options;
    switch (message.type) {
      case 'settled':
        this.#releaseTaken();
        this.#remove(message.id)?.onSettled(fromResultData(message.result));
        break;
      case 'returned': {
        const request = this.#remove(message.id);
        if (request !== undefined) this.#addToLocal(request.lane, { ...request, body: message.body });
        break;
      }
      case 'failed':
        this.#fail(new Error(message.message));
        break;
      case 'done':
        this.#commands.resolve(message.id);
        break;
      case 'notice': {
        const { lane, notice } = message;
        if (lane === undefined) onNotice(notice);
        else this.#lanes[lane]?.options.notices.report(notice);
        break;
      }
      case 'replayed':
        onReplayed?.(message.signal, fromResultData(message.result));
        break;
      case 'dropped':
        onDrop?.(message.drop);
        break;
      default:
    }
  }

  #remove(number: number): PendingRequest | undefined {
    const request = this.#pending.remove(number);
    if (request?.unref === false) this.#reference();
    return request;
  }

  #drop(number: number, error: OtlpExportError): void {
    const request = this.#remove(number);
    request?.onSettled(createResult({ dropped: request.itemCount, error }));
  }

  /** Keeps the process alive while a request without `unref` waits. */
  #reference(): void {
    this.#thread?.setReference(this.#pending.isKeptAlive);
  }

  /** Releases the copies of the requests that the thread has taken. */
  #releaseTaken(): void {
    if (this.#thread !== undefined) this.#pending.releaseTaken(this.#thread.status);
  }

  /** Moves the requests that the thread has not taken to this thread, which sends all further ones too. */
  #revoke(): void {
    if (this.#isRevoked) return;
    this.#isRevoked = true;
    const revoked = this.#thread === undefined ? [] : this.#pending.revoke(this.#thread.status);
    for (const request of revoked) this.#addToLocal(request.lane, request);
    this.#reference();
    // Flushes continue with the requests in this thread.
    this.#commands.resolveAll();
  }

  /** Handles a thread that did not start, has ended or does not respond: sends its requests from this thread. */
  #fail({ message }: Error): void {
    const isKnown = this.#isRevoked;
    this.#revoke();
    this.#thread?.stop();
    this.#thread = undefined;
    const error = abortedError('the delivery thread failed');
    for (const number of this.#pending.numbers) this.#drop(number, error);
    if (isKnown) return;
    const [reason] = message.split('\n', 1);
    this.#options.onNotice({
      code: 'SONDE_OTLP_WORKER',
      message: `the delivery thread failed: ${reason}; telemetry is sent by the main thread`,
    });
  }
}

function abortedError(message: string): OtlpExportError {
  return new OtlpExportError('SONDE_OTLP_ABORTED', message);
}
