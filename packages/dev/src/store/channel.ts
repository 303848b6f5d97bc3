import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import type { Answer, Numbered } from './messages.ts';

/** An error that a worker thread answers with. */
export class WorkerError extends Error {
  override readonly name: string;
  readonly position: number | undefined;
  readonly status: number | undefined;

  constructor({ name, message, position, status }: NonNullable<Answer['error']>) {
    super(message);
    this.name = name;
    this.position = position;
    this.status = status;
  }
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Asks a worker thread, and finds the answer that belongs to each question. */
export class Channel<Request extends object> {
  readonly worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #failure: Error | undefined;

  constructor(worker: Worker) {
    this.worker = worker;
    worker.on('message', (message: Answer) => {
      if (message.type !== 'answer') return;
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error === undefined) waiting?.resolve(message.value);
      else waiting?.reject(new WorkerError(message.error));
    });
    worker.on('error', (error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error('the store is closed')));
  }

  ask(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    const numbered: Numbered<Request> = { ...request, id };
    this.worker.postMessage(numbered, [...transfer]);
    return promise;
  }

  /** Waits until the worker has ended. */
  async ended(): Promise<void> {
    if (this.#failure === undefined) await once(this.worker, 'exit');
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
