import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { ownRequire } from '@sonde/sdk';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { phases, ThreadStatus } from './thread-status.ts';

/** Minimum time for the thread to respond in the 'exit' event, in milliseconds. */
const graceMs = 250;

/** Options of a {@link ThreadClient}. */
export interface ThreadClientOptions {
  readonly start: Omit<WorkerStart, 'port' | 'status'>;
  /** The environment variables of the thread. */
  readonly environment: Readonly<Record<string, string>>;
  readonly onMessage: (message: FromWorker) => void;
  /** Called once if the thread ends before `stop`. */
  readonly onFailure: (error: Error) => void;
}

/** A running delivery thread. */
export class ThreadClient {
  readonly status: ThreadStatus = new ThreadStatus();
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #onMessage: (message: FromWorker) => void;
  #isStopped = false;

  /** @throws the error of Node.js if the thread cannot be created */
  constructor({ start, environment, onMessage, onFailure }: ThreadClientOptions) {
    const { port1, port2 } = new MessageChannel();
    const file = ownRequire().resolve('@sonde/exporters/delivery-worker');
    const workerData: WorkerStart = { ...start, port: port2, status: this.status.words };
    this.#worker = new Worker(file, {
      workerData,
      transferList: [port2],
      // Preloaded modules must not run again in the thread.
      execArgv: [],
      env: environment,
      name: 'sonde-delivery',
    });
    const fail = (error: Error): void => {
      if (this.#isStopped) return;
      // The thread may have posted outcomes before its end.
      this.collect();
      this.stop();
      onFailure(error);
    };
    this.#worker.on('error', fail);
    this.#worker.on('exit', () => fail(new Error('the thread has ended')));
    this.#onMessage = onMessage;
    this.#port = port1;
    port1.on('message', onMessage);
  }

  post(message: ToWorker, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, [...transfer]);
  }

  /**
   * Blocks in the 'exit' event until the thread has sent the remaining requests. Returns false if it has not started or
   * does not respond.
   */
  finishSync(budgetMs: number): boolean {
    if (this.status.phase === phases.starting) return false;
    const deadlineMs = performance.now() + budgetMs + graceMs;
    this.post({ type: 'finish', budgetMs });
    if (!this.status.waitFor(phases.finishing, Math.max(graceMs, budgetMs / 4))) return false;
    this.status.waitFor(phases.finished, deadlineMs - performance.now());
    return true;
  }

  /** Receives the messages that the thread has posted, without the event loop. */
  collect(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#onMessage(received.message as FromWorker);
    }
  }

  /** Sets whether the thread keeps the process alive. */
  setReference(isReferenced: boolean): void {
    for (const each of [this.#port, this.#worker]) {
      if (isReferenced) each.ref();
      else each.unref();
    }
  }

  /** Ends the thread. */
  stop(): void {
    this.#isStopped = true;
    this.#port.close();
    void this.#worker.terminate();
  }
}

/** Returns bytes that own their buffer. Copies a view of a larger or shared buffer. */
export function transferable(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const isOwner = body.byteLength === body.buffer.byteLength && body.buffer instanceof ArrayBuffer;
  return isOwner ? (body as Uint8Array<ArrayBuffer>) : new Uint8Array(body);
}
