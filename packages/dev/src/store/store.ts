import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Encoding } from '../otlp/decode.ts';
import type { Signal } from '../otlp/model.ts';
import { Channel } from './channel.ts';
import type { ReaderRequest, WorkerSettings, WriterEvent, WriterRequest } from './messages.ts';
import type { FullText } from './schema.ts';
import type { Change, Evicted, StoreUsage } from './usage.ts';
import type { IngestResult } from './writer.ts';

/** Bytes that may wait for the writer; beyond them senders are asked to come back. */
const maxWaitingBytes = 128 * 1024 * 1024;

export interface StoreOptions {
  /** The file that is kept; undefined for a temporary one. */
  readonly file?: string | undefined;
  /** The most bytes that the file may take. @default 268435456, 256 MiB */
  readonly maxBytes?: number | undefined;
  /** The oldest telemetry that is kept, in milliseconds. @default 86400000, one day */
  readonly maxAgeMs?: number | undefined;
  /** How full text is searched; `like` goes without an index, as Node 22 has to. @default 'fts5', where there is one */
  readonly fullText?: FullText | undefined;
}

interface StoreEvents {
  change: [change: Change];
  evicted: [evicted: Evicted];
  cleared: [];
}

/** The file of a worker: the source beside this one, or what the build made of it. */
function workerFile(name: string): URL {
  return new URL(import.meta.url.endsWith('.ts') ? `./${name}.ts` : `./${name}.mjs`, import.meta.url);
}

function startWorker(name: string, data: object): Worker {
  // Node 22 warns of its SQLite, which is what this is built on.
  return new Worker(workerFile(name), { workerData: data, env: { ...process.env, NODE_NO_WARNINGS: '1' } });
}

/** The database of one session, in two worker threads: one stores, one answers queries. */
export class Store extends EventEmitter<StoreEvents> {
  readonly fullText: FullText;
  #usage: StoreUsage;
  #paused = false;
  #isClosed = false;
  #waitingBytes = 0;
  readonly #directory: string | undefined;
  readonly #writer: Channel<WriterRequest>;
  readonly #reader: Channel<ReaderRequest>;

  private constructor(
    writer: Channel<WriterRequest>,
    ready: Extract<WriterEvent, { type: 'ready' }>,
    path: string,
    directory: string | undefined,
  ) {
    super();
    this.fullText = ready.fullText;
    this.#usage = ready.usage;
    this.#directory = directory;
    this.#writer = writer;
    const reader = startWorker('reader-worker', { path, fullText: ready.fullText === 'fts5' });
    this.#reader = new Channel(reader);
    writer.worker.on('message', (event: WriterEvent) => {
      if (event.type === 'change') {
        this.#usage = event.change.store;
        this.emit('change', event.change);
      } else if (event.type === 'evicted') {
        this.#usage = event.usage;
        this.emit('evicted', event.evicted);
      }
    });
  }

  /** Opens a store. @throws {Error} when its file cannot be used */
  static async open(options: StoreOptions = {}): Promise<Store> {
    const { file, maxBytes = 256 * 1024 * 1024, maxAgeMs = 86_400_000, fullText = 'fts5' } = options;
    const directory = file === undefined ? await mkdtemp(join(tmpdir(), 'sonde-dev-')) : undefined;
    const path = file === undefined ? join(directory as string, 'session.db') : resolve(file);
    const settings: WorkerSettings = { path, isTemporary: file === undefined, maxBytes, maxAgeMs, fullText };
    const worker = startWorker('writer-worker', settings);
    const {
      promise,
      resolve: opened,
      reject,
    } = Promise.withResolvers<Extract<WriterEvent, { type: 'ready' }>>();
    const listen = (event: WriterEvent): void => {
      if (event.type === 'ready') opened(event);
      else if (event.type === 'failed') reject(new Error(`cannot use ${path}: ${event.message}`));
    };
    worker.on('message', listen);
    worker.once('error', reject);
    try {
      const ready = await promise;
      worker.off('message', listen);
      worker.off('error', reject);
      return new Store(new Channel(worker), ready, path, directory);
    } catch (error) {
      await worker.terminate();
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  get usage(): StoreUsage {
    return this.#usage;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Whether so much waits for the writer that senders have to wait. */
  get isBusy(): boolean {
    return this.#waitingBytes > maxWaitingBytes;
  }

  /** Stores a request; the bytes belong to the store then. Rejects for a body that is none. */
  async ingest(signal: Signal, encoding: Encoding, body: Uint8Array<ArrayBuffer>): Promise<IngestResult> {
    const size = body.byteLength;
    this.#waitingBytes += size;
    // A buffer of its own can be handed over; a part of Node's pool is copied.
    const isOwn = body.byteLength === body.buffer.byteLength;
    try {
      const request = { type: 'ingest', signal, encoding, body } as const;
      return (await this.#writer.ask(request, isOwn ? [body.buffer] : [])) as IngestResult;
    } finally {
      this.#waitingBytes -= size;
    }
  }

  /** Answers a query by its name: JSON as text. */
  async query(name: string, parameters: unknown): Promise<string> {
    return (await this.#reader.ask({ type: 'query', name, parameters })) as string;
  }

  /** Makes everything that was ingested visible to queries. */
  async flush(): Promise<void> {
    this.#usage = (await this.#writer.ask({ type: 'flush' })) as StoreUsage;
  }

  async clear(): Promise<void> {
    this.#usage = (await this.#writer.ask({ type: 'clear' })) as StoreUsage;
    this.emit('cleared');
  }

  async setPaused(paused: boolean): Promise<void> {
    this.#paused = paused;
    this.#usage = (await this.#writer.ask({ type: paused ? 'pause' : 'resume' })) as StoreUsage;
  }

  async refreshUsage(): Promise<StoreUsage> {
    this.#usage = (await this.#writer.ask({ type: 'usage' })) as StoreUsage;
    return this.#usage;
  }

  /** Whether it was closed: queries that have not been answered then are rejected. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const readerEnded = this.#reader.ended();
    this.#reader.ask({ type: 'query', name: 'close', parameters: null }).catch(() => {});
    await readerEnded;
    const writerEnded = this.#writer.ended();
    this.#writer.ask({ type: 'close' }).catch(() => {});
    await writerEnded;
    if (this.#directory !== undefined) await rm(this.#directory, { recursive: true, force: true });
  }
}
