import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { ScopeMetrics } from '@opentelemetry/sdk-metrics';

import type { NoticeBoard } from '../notice.ts';
import { batchesOf, type Batch } from './batch.ts';
import { clusterMetrics } from './cluster-metrics.ts';
import { receive, send, type Frame } from './frames.ts';
import type { GaugeRule } from './gauge-rule.ts';
import type { MeetingPlace } from './meeting-place.ts';
import { Totals } from './totals.ts';

/** What a leader needs to know. */
export interface LeaderOptions {
  readonly place: MeetingPlace;
  readonly url: string;
  readonly gaugeRule: GaugeRule;
  /** How long a worker may take to answer, in milliseconds. */
  readonly deadlineMs: number;
  readonly notices: NoticeBoard;
}

interface Worker {
  readonly number: number;
  readonly socket: Socket;
  id: string;
  readonly answers: Map<number, () => void>;
}

/** Adds up the metrics of all processes of a cluster: asks the workers on each scrape, and keeps what ended workers had counted. */
export class Leader {
  readonly #options: LeaderOptions;
  readonly #totals: Totals;
  readonly #workers = new Set<Worker>();
  readonly #server: Server;
  #question = 0;
  #stale = 0;
  #ended = 0;
  #lost = 0;

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#totals = new Totals(options.gaugeRule);
    this.#server = createServer((socket) => this.#welcome(socket));
    this.#server.unref();
  }

  /** Listens for workers; the caller knows that no other process leads. */
  lead(): void {
    const { place, notices } = this.#options;
    place.clear();
    this.#server.on('error', (error) => {
      notices.once('leader', {
        code: 'SONDE_CLUSTER_UNREACHABLE',
        message: `workers cannot hand in their metrics: ${error.message}`,
      });
    });
    this.#server.listen({ path: place.socketPath, exclusive: true });
  }

  /** The metrics of all processes, with the leader's own. */
  async collect(own: readonly ScopeMetrics[]): Promise<ScopeMetrics[]> {
    await this.#askAll();
    await this.#inSlices(this.#applied(0, batchesOf(own)));
    const all = await this.#inSlices(this.#totals.scopeMetrics());
    const { size: workers } = this.#workers;
    const counts = { workers, stale: this.#stale, ended: this.#ended, lost: this.#lost };
    return [...all, clusterMetrics(counts)];
  }

  close(): void {
    this.#server.close();
    for (const { socket } of this.#workers) socket.destroy();
  }

  #welcome(socket: Socket): void {
    socket.unref();
    const worker: Worker = { number: this.#freeNumber(), socket, id: '', answers: new Map() };
    this.#workers.add(worker);
    receive(socket, (frame) => this.#take(worker, frame));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#farewell(worker));
    send(socket, { type: 'welcome', url: this.#options.url });
  }

  #take(worker: Worker, frame: Frame): void {
    if (frame.type === 'hello') {
      worker.id = frame.id;
    } else if (frame.type === 'batch') {
      this.#totals.apply(worker.number, frame.batch);
    } else if (frame.type === 'answered') {
      worker.answers.get(frame.question)?.();
    }
  }

  #farewell(worker: Worker): void {
    this.#workers.delete(worker);
    for (const answer of worker.answers.values()) answer();
    const left = this.#options.place.take(worker.id);
    for (const batch of left ?? []) this.#totals.apply(worker.number, batch);
    this.#totals.retire(worker.number);
    this.#ended++;
    if (left !== undefined) return;
    this.#lost++;
    this.#options.notices.once('lost', {
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
    this.#options.notices.once('stale', {
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
