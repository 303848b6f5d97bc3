import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { CollectionResult, ScopeMetrics } from '@opentelemetry/sdk-metrics';

import { toBatches, ChangeTracker, type Batch } from './batch.ts';
import { receive, send, type Frame } from './frames.ts';
import type { ClusterDirectory } from './cluster-directory.ts';
import { suppressed } from '@sonde/sdk';

/** What a member needs to know. */
export interface WorkerClientOptions {
  readonly directory: ClusterDirectory;
  readonly collect: () => Promise<CollectionResult>;
  /** Collects without waiting, when the process ends. */
  readonly collectNow: () => ScopeMetrics[] | undefined;
  /** How often the metrics are handed in unasked, in milliseconds: the most that a process that is killed can lose. */
  readonly pushIntervalMs: number;
  /** The leader is gone. */
  readonly onLost: () => void;
}

const welcomeTimeoutMs = 2000;

/** A process that hands in its metrics: when asked, now and then, and when it ends. */
export class WorkerClient {
  readonly #options: WorkerClientOptions;
  readonly #socket: Socket;
  readonly #id = randomUUID();
  readonly #changes = new ChangeTracker();
  readonly #onExit = (): void => this.#leaveAll();
  #push: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();
  #hasLeft = false;

  private constructor(socket: Socket, options: WorkerClientOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Resolves with the member and the page's URL, or with undefined when nobody leads. */
  static async join(
    options: WorkerClientOptions,
  ): Promise<{ member: WorkerClient; url: string } | undefined> {
    const socket = suppressed(() => connect(options.directory.socketPath));
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
    const member = new WorkerClient(socket, options);
    receive(socket, (frame) => {
      if (frame.type === 'welcome') resolve(frame.url);
      else member.#take(frame);
    });
    const timer = setTimeout(() => socket.destroy(), welcomeTimeoutMs);
    const url = await promise;
    clearTimeout(timer);
    if (url === undefined) return undefined;
    member.#start();
    return { member, url };
  }

  /**
   * Hands in everything, also for the case that the process ends without another word. The connection stays until then, so that nothing is
   * missed that is measured still.
   */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    await this.#handIn();
    this.#leaveAll();
  }

  #start(): void {
    const { onLost, pushIntervalMs } = this.#options;
    this.#socket.unref();
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.once('close', () => {
      clearInterval(this.#push);
      process.off('exit', this.#onExit);
      if (!this.#hasLeft) onLost();
    });
    send(this.#socket, { type: 'hello', id: this.#id });
    process.on('exit', this.#onExit);
    this.#push = setInterval(() => void this.#handIn(), pushIntervalMs).unref();
    void this.#handIn();
  }

  #take(frame: Frame): void {
    if (frame.type === 'ask') void this.#answer(frame.question);
  }

  async #answer(question: number): Promise<void> {
    await this.#handIn();
    if (!this.#socket.destroyed) send(this.#socket, { type: 'answered', question });
  }

  /** One collection after the other, so that no older value follows a newer one. Never rejects. */
  #handIn(): Promise<void> {
    this.#sending = this.#sending.then(() => this.#sendChanges()).catch(() => undefined);
    return this.#sending;
  }

  async #sendChanges(): Promise<void> {
    const { resourceMetrics } = await this.#options.collect();
    const batches = toBatches(resourceMetrics.scopeMetrics, (descriptor, point) =>
      this.#changes.hasChanged(descriptor, point),
    );
    await this.#sendSlowly(batches);
    if (!this.#socket.destroyed) send(this.#socket, { type: 'pushed' });
  }

  async #sendSlowly(batches: Iterator<Batch, void>): Promise<void> {
    const { value: batch, done } = batches.next();
    if (done === true || batch === undefined || this.#socket.destroyed) return;
    send(this.#socket, { type: 'batch', batch });
    await nextTurn();
    await this.#sendSlowly(batches);
  }

  #leaveAll(): void {
    const scopeMetrics = this.#options.collectNow();
    if (scopeMetrics !== undefined) this.#options.directory.write(this.#id, [...toBatches(scopeMetrics)]);
  }
}
