import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { diag } from '@opentelemetry/api';
import type { CollectionResult, ScopeMetrics } from '@opentelemetry/sdk-metrics';

import { toBatches, type Batch } from './batch.ts';
import { clusterMetrics } from './cluster-metrics.ts';
import { receive, send, type Frame } from './frames.ts';
import type { GaugeAggregation } from './gauge-aggregation.ts';
import type { ClusterDirectory } from './cluster-directory.ts';
import { ClusterTotals } from './cluster-totals.ts';
import { type NoticeBoard, suppressed } from '@sonde/sdk';

/** What a leader needs to know. */
export interface AggregatorOptions {
  readonly directory: ClusterDirectory;
  /** Resolves with the URL of the page, or with '' when there is none. */
  readonly url: () => Promise<string>;
  readonly gaugeAggregation: GaugeAggregation;
  /** How long a worker may take to answer, in milliseconds. */
  readonly deadlineMs: number;
  readonly notices: NoticeBoard;
  /** Given where other processes lead when this one ends: what it knows is then saved for them. */
  readonly handover?: Handover;
}

/** How a leader hands over. */
interface Handover {
  readonly collect: () => Promise<CollectionResult>;
  readonly collectNow: () => ScopeMetrics[] | undefined;
  readonly saveIntervalMs: number;
}

const PREDECESSOR = -1;
const saveCostShare = 50;

interface Worker {
  readonly number: number;
  readonly socket: Socket;
  id: string;
  /** A push that is not whole yet: metrics that belong together are shown together. */
  pushed: Batch[];
  readonly answers: Map<number, () => void>;
}

/** Adds up the metrics of all processes of a cluster: asks the workers on each scrape, and keeps what ended workers had counted. */
export class Aggregator {
  readonly #options: AggregatorOptions;
  readonly #totals: ClusterTotals;
  readonly #workers = new Set<Worker>();
  readonly #server: Server;
  #question = 0;
  #stale = 0;
  #ended = 0;
  #lost = 0;
  #save: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #onExit = (): void => this.#leave(this.#options.handover?.collectNow());

  constructor(options: AggregatorOptions) {
    this.#options = options;
    this.#totals = new ClusterTotals(options.gaugeAggregation);
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.unref();
  }

  /** Listens for workers; the caller knows that no other process leads. */
  listen(): void {
    const { directory, notices, handover } = this.#options;
    directory.clear();
    void suppressed(() => directory.sweep());
    this.#server.on('error', (error) => {
      notices.reportOnce('leader', {
        code: 'SONDE_CLUSTER_UNREACHABLE',
        message: `workers cannot hand in their metrics: ${error.message}`,
      });
    });
    if (handover !== undefined) this.#succeed(handover);
    this.#server.listen({ path: directory.socketPath, exclusive: true });
  }

  /** The metrics of all processes, with the leader's own. */
  async collect(local: readonly ScopeMetrics[]): Promise<ScopeMetrics[]> {
    await this.#askAll();
    await this.#inSlices(this.#applied(0, toBatches(local)));
    const all = await this.#inSlices(this.#totals.scopeMetrics());
    const { size: workers } = this.#workers;
    const counts = { workers, stale: this.#stale, ended: this.#ended, lost: this.#lost };
    return [...all, clusterMetrics(counts)];
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#save);
    if (this.#options.handover !== undefined) this.#onExit();
    process.off('exit', this.#onExit);
    this.#server.close();
    for (const { socket } of this.#workers) socket.destroy();
  }

  #succeed(succession: Handover): void {
    for (const batches of this.#options.directory.consumeAll()) {
      for (const batch of batches) this.#totals.apply(PREDECESSOR, batch);
      this.#totals.removeWorker(PREDECESSOR);
    }
    process.on('exit', this.#onExit);
    this.#saveLater(succession, succession.saveIntervalMs);
  }

  #saveLater(succession: Handover, delayMs: number): void {
    this.#save = setTimeout(() => void this.#saveNow(succession), delayMs).unref();
  }

  /** Saving takes a fiftieth of the time at most, however much there is to save. */
  async #saveNow(succession: Handover): Promise<void> {
    try {
      const { resourceMetrics } = await succession.collect();
      if (this.#closed) return;
      const start = performance.now();
      this.#leave(resourceMetrics.scopeMetrics);
      const costMs = performance.now() - start;
      this.#saveLater(succession, Math.max(succession.saveIntervalMs, costMs * saveCostShare));
    } catch (error) {
      diag.warn('the metrics of the cluster cannot be saved', error);
    }
  }

  /** Leaves to a successor what ended workers and this process counted. */
  #leave(own: readonly ScopeMetrics[] | undefined): void {
    const { directory } = this.#options;
    directory.write('leader-retained', [...this.#totals.retained()]);
    if (own !== undefined) directory.write('leader-own', [...toBatches(own)]);
  }

  #accept(socket: Socket): void {
    socket.unref();
    const worker: Worker = { number: this.#freeNumber(), socket, id: '', pushed: [], answers: new Map() };
    this.#workers.add(worker);
    receive(socket, (frame) => this.#take(worker, frame));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onDisconnect(worker));
    void this.#onJoin(socket);
  }

  async #onJoin(socket: Socket): Promise<void> {
    const url = await this.#options.url();
    if (!socket.destroyed) send(socket, { type: 'welcome', url });
  }

  #take(worker: Worker, frame: Frame): void {
    if (frame.type === 'hello') {
      if (isWorkerId(frame.id)) worker.id = frame.id;
    } else if (frame.type === 'batch') {
      worker.pushed.push(frame.batch);
    } else if (frame.type === 'pushed') {
      for (const batch of worker.pushed) this.#totals.apply(worker.number, batch);
      worker.pushed = [];
    } else if (frame.type === 'answered') {
      worker.answers.get(frame.question)?.();
    }
  }

  #onDisconnect(worker: Worker): void {
    this.#workers.delete(worker);
    for (const answer of worker.answers.values()) answer();
    const left = worker.id === '' ? undefined : this.#options.directory.consume(worker.id);
    for (const batch of left ?? []) this.#totals.apply(worker.number, batch);
    this.#totals.removeWorker(worker.number);
    this.#ended++;
    if (left !== undefined) return;
    this.#lost++;
    this.#options.notices.reportOnce('lost', {
      code: 'SONDE_CLUSTER_WORKER_LOST',
      message:
        'a worker ended without handing in its last metrics: what it measured since its last push is lost',
    });
  }

  async #askAll(): Promise<void> {
    const question = ++this.#question;
    const answers = Array.from(this.#workers, (worker) => this.#ask(worker, question));
    const results = await Promise.all(answers);
    this.#stale = results.filter((isAnswered) => !isAnswered).length;
    if (this.#stale === 0) return;
    this.#options.notices.reportOnce('stale', {
      code: 'SONDE_CLUSTER_WORKER_STALE',
      message: `${this.#stale} of ${answers.length} workers did not answer in ${this.#options.deadlineMs} ms: their last known metrics stand on the page`,
    });
  }

  #ask(worker: Worker, question: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), this.#options.deadlineMs);
    worker.answers.set(question, () => resolve(true));
    send(worker.socket, { type: 'ask', question });
    return promise.finally(() => {
      clearTimeout(timer);
      worker.answers.delete(question);
    });
  }

  *#applied(member: number, batches: Iterable<Batch>): Generator<undefined, void> {
    for (const batch of batches) {
      this.#totals.apply(member, batch);
      yield undefined;
    }
  }

  /** Runs the steps a few milliseconds at a time. */
  async #inSlices<Result>(steps: Generator<undefined, Result>): Promise<Result> {
    const end = performance.now() + 4;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value;
      if (performance.now() > end) break;
    }
    await nextTurn();
    return this.#inSlices(steps);
  }

  #freeNumber(): number {
    const taken = new Set(Array.from(this.#workers, ({ number }) => number));
    let number = 1;
    while (taken.has(number)) number++;
    return number;
  }
}

/** Whether a worker's id can be part of a file's name. */
function isWorkerId(id: string): boolean {
  return /^[0-9a-f-]{36}$/.test(id);
}
