import { NoticeBoard } from '@sonde/sdk';
import { DeliveryQueue } from '../queue/delivery-queue.ts';
import type { DeliveryResult } from '../queue/delivery-result.ts';
import type { DeliveryLane } from '../queue/request-queue.ts';
import { Spool } from '../spool/spool.ts';
import { createTransportFromData } from '../transport/create-transport.ts';
import type { TransportData } from '../transport/transport-data.ts';
import { applyConnectionSettings } from './connection-settings.ts';
import { type FromWorker, type LaneData, type ToWorker, toResultData, type WorkerStart } from './messages.ts';
import { phases, ThreadStatus } from './thread-status.ts';

/** Time that is reserved for the end of the thread, in milliseconds. */
const reservedMs = 50;

/** Runs the delivery queue in a worker thread. It receives commands and reports outcomes as messages. */
export class DeliveryThread {
  readonly #start: WorkerStart;
  readonly #queue: DeliveryQueue;
  readonly #status: ThreadStatus;
  readonly #lanes = new Map<number, DeliveryLane>();
  /** The bodies of the requests that are not settled. */
  readonly #bodies = new Map<number, Uint8Array>();

  constructor(start: WorkerStart) {
    this.#start = start;
    this.#status = new ThreadStatus(start.status);
    applyConnectionSettings(start.connection);
    const spool =
      start.spool &&
      new Spool({
        ...start.spool,
        onNotice: (notice) => this.#post({ type: 'notice', lane: undefined, notice }),
        onDrop: (drop) => this.#post({ type: 'dropped', drop }),
      });
    this.#queue = new DeliveryQueue({
      ...start.queue,
      spool,
      onReplayed: (signal, result) => this.#post({ type: 'replayed', signal, result: toResultData(result) }),
    });
    start.port.on('message', (message: ToWorker) => void this.#receive(message));
    process.once('uncaughtException', (error: unknown) => this.#fail(error));
    // The main thread may have revoked the requests meanwhile, because the process ends.
    if (this.#status.takenCount === undefined) process.exit();
    this.#status.phase = phases.running;
  }

  #post(message: FromWorker): void {
    this.#start.port.postMessage(message, []);
  }

  async #receive(message: ToWorker): Promise<void> {
    switch (message.type) {
      case 'lane':
        this.#lanes.set(message.lane, this.#createLane(message.lane, message.data));
        break;
      case 'add': {
        const { id, lane, body, itemCount, isSnapshot } = message;
        if (!this.#status.take()) break;
        this.#bodies.set(id, body);
        const onSettled = (result: DeliveryResult): void => {
          this.#bodies.delete(id);
          this.#post({ type: 'settled', id, result: toResultData(result) });
        };
        this.#lanes.get(lane)?.add(body, itemCount, onSettled, { isSnapshot });
        break;
      }
      case 'flush':
      case 'close':
        await this.#lanes.get(message.lane)?.[message.type]();
        this.#post({ type: 'done', id: message.id });
        break;
      case 'abort':
        if (message.lane === undefined) this.#queue.abort();
        else this.#lanes.get(message.lane)?.abort();
        break;
      case 'beginExit':
        this.#queue.beginExit(message.budgetMs);
        break;
      case 'finish':
        await this.#finish(message.budgetMs);
        break;
      default:
        this.#queue[message.type]();
    }
  }

  #createLane(lane: number, { transport, ...data }: LaneData): DeliveryLane {
    return this.#queue.createLane({
      ...data,
      transport: createTransportFromData(transport as TransportData),
      unref: false,
      notices: new NoticeBoard((notice) => this.#post({ type: 'notice', lane, notice })),
    });
  }

  /** Sends the remaining requests within the budget, while the 'exit' event blocks the main thread, and spools the rest. */
  async #finish(budgetMs: number): Promise<void> {
    this.#status.phase = phases.finishing;
    try {
      const timeoutMs = Math.max(0, budgetMs - reservedMs);
      if (timeoutMs > 0) {
        this.#queue.beginExit(timeoutMs);
        const timer = setTimeout(() => this.#queue.endFlushes(), timeoutMs);
        await Promise.all(Array.from(this.#lanes.values(), (lane) => lane.flush()));
        clearTimeout(timer);
      }
      this.#release();
    } finally {
      this.#status.phase = phases.finished;
    }
  }

  /** Moves the requests to the spool, or drops them. */
  #release(): void {
    for (const request of this.#queue.drain()) request.settle(undefined);
    this.#queue.closeSync();
  }

  /** Gives the requests back after an unexpected error, or leaves them in the spool, and ends the thread. */
  #fail(error: unknown): void {
    try {
      if (this.#start.spool === undefined) {
        for (const [id, body] of this.#bodies) this.#post({ type: 'returned', id, body });
      } else {
        this.#release();
      }
      this.#post({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    } finally {
      process.exit(1);
    }
  }
}
