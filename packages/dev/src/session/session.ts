import { EventEmitter } from 'node:events';
import type { Encoding } from '../otlp/decode.ts';
import type { Signal } from '../otlp/model.ts';
import type { Intake } from '../receiver/ingest.ts';
import type { Listener } from '../receiver/loopback.ts';
import { ReceiverStats } from '../receiver/receiver-stats.ts';
import type { Store } from '../store/store.ts';
import type { IngestResult } from '../store/writer.ts';
import { version } from '../version.ts';
import type { Forwarder } from './forwarder.ts';
import { LoadedPackagesByProcess } from './loaded-packages.ts';
import { type OpenRequests, OpenSpans, openRequests } from './open-spans.ts';

const maxPrograms = 1000;

/** A command that runs under the viewer. */
export interface CommandState {
  readonly index: number;
  readonly command: string;
  pid: number | null;
  state: 'running' | 'exited' | 'failed';
  /** How often one of its programs has started again, as `node --watch` does. */
  restarts: number;
  startedAt: number;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

/** Where the servers of a session listen; null where one is switched off. */
export interface Listeners {
  viewer: (Listener & { readonly url: string }) | null;
  http: Listener | null;
  grpc: Listener | null;
}

export interface SessionSettings {
  /** A template for links to an editor; null for none. */
  readonly editor: string | null;
  /** Directories whose sources may be shown. */
  readonly sourceDirectory: string;
}

function listenerView(listener: Listener | null): object | null {
  if (listener === null) return null;
  const { port, wanted, takenBy } = listener;
  return { port, wanted, takenBy };
}

/** One run of the viewer: the store, what is under way, and who listens where. */
export class Session extends EventEmitter<{ status: [] }> implements Intake {
  readonly store: Store;
  readonly settings: SessionSettings;
  readonly openSpans: OpenSpans = new OpenSpans();
  readonly loadedPackages: LoadedPackagesByProcess = new LoadedPackagesByProcess();
  readonly commands: CommandState[] = [];
  readonly stats: { readonly http: ReceiverStats; readonly grpc: ReceiverStats } = {
    http: new ReceiverStats(),
    grpc: new ReceiverStats(),
  };
  readonly servers: Listeners = { viewer: null, http: null, grpc: null };
  readonly forwarder: Forwarder | undefined;
  readonly #startedAt = Date.now();
  /** How often the programs of each command have started. */
  readonly #starts = new Map<string, number>();
  readonly #received = { traces: 0, logs: 0, metrics: 0 };
  readonly #rejected = { traces: 0, logs: 0, metrics: 0 };

  constructor(store: Store, settings: SessionSettings, forwarder?: Forwarder) {
    super();
    this.store = store;
    this.settings = settings;
    this.forwarder = forwarder;
  }

  readonly isBusy = (): boolean => this.store.isBusy;

  readonly receiveOpenSpans = (body: Uint8Array): void => this.openSpans.receive(body);

  readonly receivePackages = (body: Uint8Array): void => this.loadedPackages.receive(body);

  readonly receiveProcess = (body: Uint8Array): void => {
    const { command, program } = JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>;
    const state = this.commands.find(({ index }) => index === command);
    if (state === undefined || typeof program !== 'string') return;
    const key = `${state.index} ${program.slice(0, 1024)}`;
    const starts = (this.#starts.get(key) ?? 0) + 1;
    if (this.#starts.size < maxPrograms) this.#starts.set(key, starts);
    state.restarts = Math.max(state.restarts, starts - 1);
    this.statusChanged();
  };

  readonly ingest = async (
    signal: Signal,
    encoding: Encoding,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<IngestResult> => {
    this.forwarder?.forward(signal, encoding, body);
    const result = await this.store.ingest(signal, encoding, body);
    this.#received[signal] += result.items;
    this.#rejected[signal] += result.rejected;
    return result;
  };

  /** `GET /api/status` */
  status(): object {
    const { viewer, http, grpc } = this.servers;
    return {
      version,
      node: process.versions.node,
      startedAt: this.#startedAt,
      now: Date.now(),
      paused: this.store.paused,
      listeners: {
        viewer: viewer === null ? null : { ...listenerView(viewer), url: viewer.url },
        http: listenerView(http),
        grpc: listenerView(grpc),
      },
      commands: this.commands,
      store: this.store.usage,
      features: { fullText: this.store.fullText },
      forward: this.forwarder ?? null,
      editor: this.settings.editor,
    };
  }

  /** `GET /api/requests/open`: but for the spans that have arrived ended since their process last reported. */
  async openRequests(): Promise<OpenRequests> {
    const open = this.openSpans.all();
    const ids = open.map(({ traceId, spanId }) => [traceId, spanId]);
    const ended = new Set(JSON.parse(await this.store.query('endedSpans', { ids })) as string[]);
    return openRequests(open.filter(({ traceId, spanId }) => !ended.has(`${traceId} ${spanId}`)));
  }

  /** Counters of the receivers, for the telemetry health view. */
  receiverHealth(): object {
    const { traces, logs, metrics } = this.#received;
    const rejected = this.#rejected;
    return {
      ...this.stats,
      received: { spans: traces, logs, points: metrics },
      rejected: { spans: rejected.traces, logs: rejected.logs, points: rejected.metrics },
    };
  }

  statusChanged(): void {
    this.emit('status');
  }
}
