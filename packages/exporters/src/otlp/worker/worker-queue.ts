import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { ownRequire } from '@sonde/sdk';
import { DeliveryQueue } from '../queue/delivery-queue.ts';
import type { DeliveryLane, ExitRequest, LaneOptions } from '../queue/request-queue.ts';
import { createResult, type DeliveryResult } from '../queue/delivery-result.ts';
import { Spool } from '../spool/spool.ts';
import { OtlpExportError } from '../transport/export-error.ts';
import { connectionSettings } from './connection-settings.ts';
import { type FromWorker, fromResultData, type ToWorker, type WorkerStart } from './messages.ts';
import type { WorkerQueueOptions } from './worker-queue-options.ts';

/** Additional time for the thread after its budget, before the process ends without it, in milliseconds. */
const graceMs = 250;

/** A request that was passed to the thread. */
interface Pending {
  readonly sizeBytes: number;
  readonly itemCount: number;
  readonly unref: boolean;
  readonly onSettled: (result: DeliveryResult) => void;
}

/**
 * A delivery queue in a worker thread, which compresses, sends and stores requests. Request bodies are transferred without
 * a copy. The thread keeps sending while the main thread is busy and in the 'exit' event. It starts with the first request.
 *
 * The main thread sends the requests of a transport that cannot be cloned, for example because of a custom agent.
 */
export class WorkerQueue {
  readonly maxBytes: number;
  readonly #options: WorkerQueueOptions;
  readonly #finished = new Int32Array(new SharedArrayBuffer(4));
  readonly #pending = new Map<number, Pending>();
  readonly #flushes = new Map<number, () => void>();
  readonly #lanes: LaneOptions[] = [];
  #fallback: DeliveryQueue | undefined;
  #worker: Worker | undefined;
  #port: MessagePort | undefined;
  #hasFailed = false;
  #isExiting = false;
  #openLanes = 0;
  #id = 0;
  /** Number of requests that keep the process alive. */
  #keptAlive = 0;
  #bytes = 0;

  constructor(options: WorkerQueueOptions) {
    this.maxBytes = options.maxBytes ?? 64 * 1024 * 1024;
    this.#options = options;
  }

  /** The size of all requests in the queue, in bytes. */
  get bytes(): number {
    return this.#bytes + (this.#fallback?.bytes ?? 0);
  }

  /** @internal Creates the lane of an exporter. */
  createLane(options: LaneOptions): DeliveryLane {
    const index = this.#lanes.push(options) - 1;
    this.#openLanes++;
    let isCreated = false;
    let local: DeliveryLane | undefined;
    /** Creates the lane if needed. Returns whether it is in the worker thread; otherwise it is in this one. */
    const isRemote = (): boolean => {
      if (local !== undefined) return false;
      if (isCreated && !this.#hasFailed) return true;
      const isLate = this.#isExiting && this.#worker === undefined;
      const transport = this.#hasFailed || isLate ? undefined : options.transport.toData?.();
      if (transport !== undefined && this.#start()) {
        const { signal, timeoutMs, maxRequestBytes } = options;
        this.#post({ type: 'lane', lane: index, data: { signal, transport, timeoutMs, maxRequestBytes } });
        isCreated = true;
        return true;
      }
      local = this.#mainThread().createLane(options);
      return false;
    };
    return {
      add: (body, itemCount, onSettled, { isSnapshot = false } = {}) => {
        if (isRemote()) this.#add(index, { body, itemCount, onSettled, isSnapshot });
        else local?.add(body, itemCount, onSettled, { isSnapshot });
      },
      flush: () => (isCreated ? this.#ask('flush', index) : (local?.flush() ?? Promise.resolve())),
      close: async () => {
        if (isCreated) await this.#ask('close', index);
        await local?.close();
        if (!isCreated) options.transport.close();
        this.#openLanes--;
        if (this.#openLanes === 0 && this.#pending.size === 0) this.#stop();
      },
      abort: () => {
        if (isCreated) this.#post({ type: 'abort', lane: index });
        local?.abort();
      },
    };
  }

  /** Prepares for the end of the process in `budgetMs`: sends the waiting requests without delay. */
  beginExit(budgetMs: number): void {
    this.#post({ type: 'beginExit', budgetMs });
    this.#fallback?.beginExit(budgetMs);
  }

  /** Undoes `beginExit`: the process continues. */
  cancelExit(): void {
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
    for (const resolve of this.#flushes.values()) resolve();
    this.#flushes.clear();
  }

  /** Prevents the start of the thread, which would take too long in the 'exit' event. */
  disableThreadStart(): void {
    this.#isExiting = true;
  }

  /** Blocks in the 'exit' event until the thread has sent the remaining requests, then reports their outcomes. */
  finishSync(budgetMs: number): void {
    const port = this.#port;
    if (port === undefined || this.#hasFailed) return;
    this.#post({ type: 'finish', budgetMs });
    Atomics.wait(this.#finished, 0, 0, budgetMs + graceMs);
    for (;;) {
      const received = receiveMessageOnPort(port);
      if (received === undefined) return;
      this.#receive(received.message);
    }
  }

  /** Returns all requests that are not settled. Those in the thread cannot be sent again. */
  drain(): readonly ExitRequest[] {
    const remote = Array.from(this.#pending.keys(), (id): ExitRequest => ({
      request: undefined,
      settle: () =>
        this.#settle(
          id,
          createDroppedResult(this.#pending.get(id), 'the export timeout at exit has expired'),
        ),
    }));
    return [...remote, ...(this.#fallback?.drain() ?? [])];
  }

  /** Closes the spool in the 'exit' event, after `drain`. */
  closeSync(): void {
    this.#fallback?.closeSync();
    this.#stop();
  }

  /** Ends the thread. A later request starts a new one. */
  #stop(): void {
    const worker = this.#worker;
    this.#port?.close();
    this.#worker = undefined;
    this.#port = undefined;
    Atomics.store(this.#finished, 0, 0);
    void worker?.terminate();
  }

  #mainThread(): DeliveryQueue {
    const { maxBytes, maxConcurrency, maxAgeMs, onReplayed, onDrop, onNotice } = this.#options;
    const spool = this.#options.spool && { ...this.#options.spool, onNotice, ...(onDrop && { onDrop }) };
    return (this.#fallback ??= new DeliveryQueue({
      ...(maxBytes !== undefined && { maxBytes }),
      ...(maxConcurrency !== undefined && { maxConcurrency }),
      maxAgeMs,
      spool: spool && new Spool(spool),
      ...(onReplayed && { onReplayed }),
    }));
  }

  /** Starts the thread if it is not running. Returns whether it runs. */
  #start(): boolean {
    if (this.#worker !== undefined) return true;
    const { port1, port2 } = new MessageChannel();
    const { maxConcurrency, maxAgeMs, spool, environment = {} } = this.#options;
    const workerData: WorkerStart = {
      port: port2,
      finished: this.#finished,
      queue: {
        maxBytes: this.maxBytes,
        ...(maxConcurrency !== undefined && { maxConcurrency }),
        ...(maxAgeMs !== undefined && { maxAgeMs }),
      },
      spool,
      connection: connectionSettings(),
    };
    try {
      const file = ownRequire().resolve('@sonde/exporters/delivery-worker');
      // Preloaded modules must not run again in the thread.
      const options = { workerData, transferList: [port2], execArgv: [], env: environment };
      const worker = new Worker(file, { ...options, name: 'sonde-delivery' });
      // An exit after `#stop` is not a failure.
      const fail = (error: Error): void => void (this.#worker === worker && this.#fail(error));
      worker.on('error', fail);
      worker.on('exit', () => fail(new Error('the thread has ended')));
      this.#worker = worker;
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
    this.#port = port1;
    port1.on('message', (message: FromWorker) => this.#receive(message));
    this.#reference();
    return true;
  }

  #add(
    lane: number,
    {
      body,
      itemCount,
      onSettled,
      isSnapshot,
    }: Pick<Pending, 'itemCount' | 'onSettled'> & { readonly body: Uint8Array; readonly isSnapshot: boolean },
  ): void {
    const id = ++this.#id;
    const unref = this.#lanes[lane]?.unref === true;
    const pending: Pending = { sizeBytes: body.byteLength, itemCount, onSettled, unref };
    if (this.#bytes + body.byteLength > this.maxBytes * 2) {
      // The thread cannot enforce its limit while it processes messages too slowly.
      onSettled(
        createDroppedResult(pending, `export queue full (${this.maxBytes} bytes)`, 'SONDE_OTLP_QUEUE_FULL'),
      );
      return;
    }
    this.#pending.set(id, pending);
    this.#bytes += body.byteLength;
    if (!unref && ++this.#keptAlive === 1) this.#reference();
    const bytes = transferable(body);
    this.#post({ type: 'add', lane, id, body: bytes, itemCount, isSnapshot }, [bytes.buffer]);
  }

  /** Resolves when the thread has completed the command, or at `endFlushes`. */
  #ask(type: 'flush' | 'close', lane: number): Promise<void> {
    if (this.#hasFailed) return Promise.resolve();
    const id = ++this.#id;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushes.set(id, resolve);
    this.#post({ type, lane, id });
    return promise;
  }

  #post(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    if (!this.#hasFailed) this.#port?.postMessage(message, [...transfer]);
  }

  #receive(message: FromWorker): void {
    const { onNotice, onReplayed, onDrop } = this.#options;
    switch (message.type) {
      case 'settled':
        this.#settle(message.id, fromResultData(message.result));
        break;
      case 'done':
        this.#flushes.get(message.id)?.();
        this.#flushes.delete(message.id);
        break;
      case 'notice': {
        const { lane, notice } = message;
        if (lane === undefined) onNotice(notice);
        else this.#lanes[lane]?.notices.report(notice);
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

  #settle(id: number, result: DeliveryResult): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    this.#bytes -= pending.sizeBytes;
    if (!pending.unref && --this.#keptAlive === 0) this.#reference();
    pending.onSettled(result);
  }

  /** Keeps the process alive while a request without `unref` waits. */
  #reference(): void {
    for (const each of [this.#port, this.#worker]) {
      if (this.#keptAlive > 0) each?.ref();
      else each?.unref();
    }
  }

  /** Handles a thread that did not start or has ended: drops its requests, and sends later ones from this thread. */
  #fail({ message }: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const [reason] = message.split('\n', 1);
    this.#options.onNotice({
      code: 'SONDE_OTLP_WORKER',
      message: `the delivery thread failed: ${reason}; telemetry is sent by the main thread`,
    });
    for (const id of this.#pending.keys()) {
      this.#settle(id, createDroppedResult(this.#pending.get(id), 'the delivery thread failed'));
    }
    for (const resolve of this.#flushes.values()) resolve();
    this.#flushes.clear();
  }
}

function createDroppedResult(
  pending: Pending | undefined,
  message: string,
  code: 'SONDE_OTLP_ABORTED' | 'SONDE_OTLP_QUEUE_FULL' = 'SONDE_OTLP_ABORTED',
): DeliveryResult {
  return createResult({ dropped: pending?.itemCount ?? 0, error: new OtlpExportError(code, message) });
}

/** Returns bytes that own their buffer. Copies a view of a larger or shared buffer. */
function transferable(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const isOwner = body.byteLength === body.buffer.byteLength && body.buffer instanceof ArrayBuffer;
  return isOwner ? (body as Uint8Array<ArrayBuffer>) : new Uint8Array(body);
}
