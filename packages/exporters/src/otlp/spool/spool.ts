import { NoticeBoard, suppressed } from '@sonde/sdk';
import type { LeasedRequest, RequestSpool, SpooledRequest } from '../queue/request-spool.ts';
import type { WaitingRequest } from '../queue/waiting-request.ts';
import { prepareDirectory, prepareDirectorySync, UnsafeDirectoryError } from './directory.ts';
import { endpointKey } from './endpoint-key.ts';
import { createOwnerName } from './owner.ts';
import { SegmentStore } from './segment-store.ts';
import type { Stored } from './segment-writer.ts';
import {
  resolveSpoolSettings,
  type SpoolDrop,
  type SpoolOptions,
  type SpoolSettings,
} from './spool-options.ts';
import { SyncSegment } from './sync-segment.ts';

const overlayFileSystem = 0x794c7630;

/**
 * Keeps encoded requests on disk until they are delivered, so that they survive the end of the process. Delivery is at
 * least once.
 *
 * Processes can share the directory. Each appends to separate files, and adopts the files of ended processes by renaming
 * them. Files are not encrypted, and contain neither headers nor credentials.
 *
 * @example
 * ```ts
 * const spool = new Spool({ directory: '/var/lib/shop/telemetry', onNotice: ({ message }) => console.warn(message) });
 * const exporter = new OtlpTraceExporter({ queue: new DeliveryQueue({ spool }) });
 * ```
 */
export class Spool implements RequestSpool {
  readonly #settings: SpoolSettings;
  readonly #notices: NoticeBoard;
  readonly #onDrop: (drop: SpoolDrop) => void;
  #store: Promise<SegmentStore | undefined> | undefined;
  #openStore: SegmentStore | undefined;
  /** The path without symbolic links; undefined until the directory is prepared. */
  #directory: string | undefined;
  /** Requests whose `append` has not resolved. */
  readonly #appending = new Map<WaitingRequest, Promise<SpooledRequest | undefined>>();
  readonly #syncSegments = new Map<string, SyncSegment>();
  #suspendedUntilMs = 0;
  #isClosed = false;
  #damaged = 0;
  #maintenance: NodeJS.Timeout | undefined;
  #syncTimer: NodeJS.Timeout | undefined;

  constructor(options: SpoolOptions) {
    this.#settings = resolveSpoolSettings(options);
    this.#notices = new NoticeBoard(options.onNotice);
    this.#onDrop = options.onDrop ?? (() => {});
  }

  /** The size of all segments in the directory, in bytes; those of other processes as of the last listing. */
  get bytes(): number {
    return this.#openStore?.bytes ?? 0;
  }

  /** Number of damaged records that were found. */
  get damaged(): number {
    return this.#damaged;
  }

  /** Writes a request to disk. Resolves to undefined after a failure. Never rejects. */
  append(request: WaitingRequest): Promise<SpooledRequest | undefined> {
    const appended = suppressed(() => this.#append(request)).finally(() => this.#appending.delete(request));
    this.#appending.set(request, appended);
    return appended;
  }

  /**
   * Writes a request to disk in the 'exit' event, for a later process. Returns whether it succeeded. If `append` is
   * writing the request at the same time, it may be delivered twice.
   */
  appendSync(request: WaitingRequest): boolean {
    if (this.#isClosed) return false;
    this.#appending.delete(request);
    this.#openStore?.withdraw(request);
    return suppressed(() => this.#writeSync([request]));
  }

  /**
   * Leases the oldest available request for one of the endpoints, which this process released or an ended process left.
   * Resolves to undefined if there is none. Never rejects.
   */
  leaseOldest(endpoints: ReadonlySet<string>): Promise<LeasedRequest | undefined> {
    return suppressed(() => this.#leaseOldest(endpoints));
  }

  async #leaseOldest(endpoints: ReadonlySet<string>): Promise<LeasedRequest | undefined> {
    const store = await this.#ready();
    if (store === undefined) return undefined;
    const keys = new Map([...endpoints].map((endpoint) => [endpointKey(endpoint), endpoint]));
    try {
      const leased = await store.lease(new Set(keys.keys()));
      if (leased === undefined) return undefined;
      const { signal, itemCount } = leased.record;
      const endpoint = keys.get(leased.segment.name.endpoint) ?? '';
      const request = { signal, endpoint, body: leased.body, itemCount };
      return { request, ...this.#spooled(store, leased) };
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  /** Releases the waiting requests to a later process. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopTimers();
    await Promise.all(this.#appending.values());
    const store = await this.#store;
    await suppressed(() => store?.close())?.catch((error: unknown) => this.#fail(error));
    suppressed(() => this.#closeSyncSegments());
    this.#openStore = undefined;
  }

  /** As `close`, for the 'exit' event. Writes the requests whose `append` has not resolved. Never throws. */
  closeSync(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopTimers();
    suppressed(() => {
      this.#writeSync([...this.#appending.keys()]);
      this.#appending.clear();
      this.#openStore?.closeSync();
      this.#closeSyncSegments();
    });
    this.#openStore = undefined;
  }

  /** Never rejects. */
  async #append(request: WaitingRequest): Promise<SpooledRequest | undefined> {
    try {
      const store = await this.#ready();
      const isWanted = (): boolean => this.#appending.has(request);
      const stored = await store?.append(request, endpointKey(request.endpoint), isWanted);
      if (stored === 'full') this.#reportNoRoom();
      if (store === undefined || stored === undefined || stored === 'full') return undefined;
      if (this.#settings.sync === 'second') this.#syncLater(store);
      return this.#spooled(store, stored);
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #spooled(store: SegmentStore, stored: Stored): SpooledRequest {
    const { segment, record } = stored;
    return {
      ack: () => suppressed(() => store.remove(stored)),
      ackSync: () => void suppressed(() => segment.removeSync(record)),
      release: () => {
        if (segment.isGone) this.#drop('full', record.signal, record.itemCount);
        else segment.return(record);
      },
    };
  }

  #writeSync(requests: readonly WaitingRequest[]): boolean {
    const { files } = this.#settings;
    try {
      for (const [endpoint, group] of Map.groupBy(requests, (request) => request.endpoint)) {
        this.#directory ??= prepareDirectorySync(files, this.#settings.directory);
        const key = endpointKey(endpoint);
        const segment =
          this.#syncSegments.get(key) ?? new SyncSegment(files, this.#directory, key, createOwnerName());
        this.#syncSegments.set(key, segment);
        segment.append(group);
      }
      return true;
    } catch (error) {
      this.#closeSyncSegments();
      this.#fail(error);
      return false;
    }
  }

  #closeSyncSegments(): void {
    for (const segment of this.#syncSegments.values()) {
      try {
        segment.close();
      } catch {
        // The next process detects that the owner has ended.
      }
    }
    this.#syncSegments.clear();
  }

  /** Opens the store on first use and after a failure; undefined while the disk is not used. */
  async #ready(): Promise<SegmentStore | undefined> {
    if (this.#isClosed || Date.now() < this.#suspendedUntilMs) return undefined;
    this.#store ??= this.#open().catch((error: unknown) => {
      this.#fail(error);
      return undefined;
    });
    return this.#store;
  }

  async #open(): Promise<SegmentStore> {
    const { files, staleMs } = this.#settings;
    const directory = await prepareDirectory(files, this.#settings.directory);
    this.#directory = directory;
    const store = await SegmentStore.open(this.#settings, directory, {
      onDrop: (reason, signal, itemCount) => this.#drop(reason, signal, itemCount),
      onDamage: (record) => this.#reportDamage(record),
      onFailure: (error) => this.#fail(error),
    });
    this.#openStore = store;
    this.#maintenance ??= setInterval(() => {
      void this.#openStore?.maintain().catch((error: unknown) => this.#fail(error));
    }, staleMs / 6).unref();
    const type = await files.type(directory).catch(() => 0);
    if (type === overlayFileSystem) {
      this.#notices.reportOnce('layer', {
        code: 'SONDE_OTLP_SPOOL_CONTAINER_LAYER',
        message: `${directory} is in the writable layer of the container, and is lost with it: mount a volume for the spool`,
      });
    }
    return store;
  }

  #syncLater(store: SegmentStore): void {
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      void store.sync().catch((error: unknown) => this.#fail(error));
    }, 1000).unref();
  }

  #stopTimers(): void {
    clearInterval(this.#maintenance);
    clearTimeout(this.#syncTimer);
  }

  /** Stops using the disk for `retryMs`. Reports each cause once. */
  #fail(error: unknown): void {
    const { directory, retryMs } = this.#settings;
    const { code, message } = error as NodeJS.ErrnoException;
    this.#suspendedUntilMs = Date.now() + retryMs;
    if (error instanceof UnsafeDirectoryError) {
      this.#reopenLater();
      this.#notices.reportOnce('refused', {
        code: 'SONDE_OTLP_SPOOL_REFUSED',
        message: `telemetry is kept in memory only: the spool directory ${directory} is not safe: ${message}`,
      });
      return;
    }
    if (this.#openStore === undefined || code === 'ENOENT') this.#reopenLater();
    this.#notices.reportOnce(`failed ${code}`, {
      code: 'SONDE_OTLP_SPOOL_FAILED',
      message: `telemetry is kept in memory only: the spool ${directory} cannot be used: ${message}`,
    });
  }

  /** Prepares the directory again on the next use. */
  #reopenLater(): void {
    this.#store = undefined;
    this.#directory = undefined;
  }

  #reportDamage(record: SpoolDamage): void {
    this.#damaged++;
    if (record !== undefined) this.#drop('damaged', record.signal, record.itemCount);
    this.#notices.reportOnce('damaged', {
      code: 'SONDE_OTLP_SPOOL_DAMAGED',
      message: `skipped a damaged or incomplete record in the spool ${this.#settings.directory}; the file is kept with the extension .damaged`,
    });
  }

  #reportNoRoom(): void {
    const { directory, maxBytes } = this.#settings;
    this.#notices.reportOnce('no room', {
      code: 'SONDE_OTLP_SPOOL_FULL',
      message: `a request is kept in memory only: the spool ${directory} exceeds ${maxBytes} bytes, and the rest belongs to other processes`,
    });
  }

  #drop(reason: SpoolDrop['reason'], signal: SpoolDrop['signal'], itemCount: number): void {
    if (reason !== 'damaged') {
      const { directory, maxBytes, maxAgeMs } = this.#settings;
      const cause =
        reason === 'full' ? `exceeds ${maxBytes} bytes` : `holds requests older than ${maxAgeMs} ms`;
      this.#notices.reportOnce(reason, {
        code: reason === 'full' ? 'SONDE_OTLP_SPOOL_FULL' : 'SONDE_OTLP_SPOOL_EXPIRED',
        message: `the spool ${directory} ${cause}: the oldest requests are dropped, and counted at exit`,
      });
    }
    this.#onDrop({ reason, signal, itemCount });
  }
}

type SpoolDamage = { readonly signal: SpoolDrop['signal']; readonly itemCount: number } | undefined;
