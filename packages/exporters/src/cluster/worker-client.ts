import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { CollectionResult, ScopeMetrics } from '@opentelemetry/sdk-metrics';

import { toBatches, ChangeTracker, type Batch } from './batch.ts';
import { receive, send, type Frame } from './frames.ts';
import type { ClusterDirectory } from './cluster-directory.ts';
import { suppressed } from '@sonde/sdk';

/** Options of a worker client. */
export interface WorkerClientOptions {
  readonly directory: ClusterDirectory;
  readonly collect: (isProvisional: boolean) => Promise<CollectionResult>;
  /** Collects synchronously, when the process exits. */
  readonly collectNow: () => ScopeMetrics[] | undefined;
  /** Milliseconds between pushes: a killed process loses at most the measurements of this interval. */
  readonly pushIntervalMs: number;
  /** Called when the aggregator disconnects. */
  readonly onLost: () => void;
}

const joinTimeoutMs = 2000;

/** Reports the metrics of a worker to the aggregator: on each scrape, at an interval, and when the worker exits. */
export class WorkerClient {
  readonly #options: WorkerClientOptions;
  readonly #socket: Socket;
  readonly #id = randomUUID();
  readonly #changes = new ChangeTracker();
  readonly #onExit = (): void => this.#writeFinalMetrics();
  #pushTimer: NodeJS.Timeout | undefined;
  #lastPush: Promise<void> = Promise.resolve();
  #hasLeft = false;

  private constructor(socket: Socket, options: WorkerClientOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Resolves with the client and the URL of the endpoint, or with undefined if there is no aggregator. */
  static async join(
    options: WorkerClientOptions,
  ): Promise<{ client: WorkerClient; url: string } | undefined> {
    const socket = suppressed(() => connect(options.directory.socketPath));
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
    const client = new WorkerClient(socket, options);
    receive(socket, (frame) => {
      if (frame.type === 'joined') resolve(frame.url);
      else client.#onFrame(frame);
    });
    const timer = setTimeout(() => socket.destroy(), joinTimeoutMs);
    const url = await promise;
    clearTimeout(timer);
    if (url === undefined) return undefined;
    client.#start();
    return { client, url };
  }

  /** Reports all metrics, and writes them in case the process exits. Stays connected to report later measurements. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    await this.#push();
    this.#writeFinalMetrics();
  }

  #start(): void {
    const { onLost, pushIntervalMs } = this.#options;
    this.#socket.unref();
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.once('close', () => {
      clearInterval(this.#pushTimer);
      process.off('exit', this.#onExit);
      if (!this.#hasLeft) onLost();
    });
    send(this.#socket, { type: 'join', id: this.#id });
    process.on('exit', this.#onExit);
    this.#pushTimer = setInterval(() => void this.#push(), pushIntervalMs).unref();
    void this.#push();
  }

  #onFrame(frame: Frame): void {
    if (frame.type === 'collect') void this.#respond(frame.collectionId);
  }

  async #respond(collectionId: number): Promise<void> {
    await this.#push(false);
    if (!this.#socket.destroyed) send(this.#socket, { type: 'collected', collectionId });
  }

  /**
   * Pushes changes. Pushes run one after another, so that values arrive in order. Never rejects.
   *
   * @param isProvisional whether no scrape receives the values unless the worker is killed
   */
  #push(isProvisional = true): Promise<void> {
    this.#lastPush = this.#lastPush.then(() => this.#sendChanges(isProvisional)).catch(() => undefined);
    return this.#lastPush;
  }

  async #sendChanges(isProvisional: boolean): Promise<void> {
    const { resourceMetrics } = await this.#options.collect(isProvisional);
    const batches = toBatches(resourceMetrics.scopeMetrics, (descriptor, point) =>
      this.#changes.hasChanged(descriptor, point),
    );
    await this.#sendBatches(batches);
    if (!this.#socket.destroyed) send(this.#socket, { type: 'pushed' });
  }

  /** Sends one batch per event-loop turn. */
  async #sendBatches(batches: Iterable<Batch>): Promise<void> {
    for (const batch of batches) {
      if (this.#socket.destroyed) return;
      send(this.#socket, { type: 'batch', batch });
      await nextTurn();
    }
  }

  #writeFinalMetrics(): void {
    const scopeMetrics = this.#options.collectNow();
    if (scopeMetrics !== undefined) this.#options.directory.write(this.#id, [...toBatches(scopeMetrics)]);
  }
}
