import type { WaitingRequest } from '../queue/waiting-request.ts';
import type { OtlpSignal } from '../signal.ts';
import { DamagedSegments } from './damaged-segments.ts';
import { syncDirectory } from './file-system.ts';
import { Heartbeat } from './heartbeat.ts';
import { type FoundSegment, type Inventory, readInventory } from './inventory.ts';
import { createOwnerName } from './owner.ts';
import { formatVersion, recordHeaderBytes } from './record.ts';
import { noOwner } from './segment-name.ts';
import { Segment, type SegmentContext, type StoredRecord } from './segment.ts';
import type { Stored } from './segment-writer.ts';
import { SegmentWriters } from './segment-writers.ts';
import type { SpoolDropReason, SpoolSettings } from './spool-options.ts';

const oldestFirst = (a: { name: { id: string } }, b: { name: { id: string } }): number =>
  a.name.id < b.name.id ? -1 : 1;
/** Maximum age of a segment that still receives records. */
const segmentAgeMs = ({ maxAgeMs }: SpoolSettings): number => maxAgeMs / 8;
const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Receives dropped and damaged records, and failures. */
export interface StoreListener {
  readonly onDrop: (reason: SpoolDropReason, signal: OtlpSignal, itemCount: number) => void;
  /** Called for each damaged record; with undefined if its number of items is unknown. */
  readonly onDamage: (record: StoredRecord | undefined) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Manages the segments of a directory: appends to new ones, adopts those of ended processes, and evicts old ones. */
export class SegmentStore {
  readonly #settings: SpoolSettings;
  readonly #listener: StoreListener;
  readonly #context: SegmentContext;
  readonly #owner: string = createOwnerName();
  readonly #heartbeat: Heartbeat;
  readonly #damaged: DamagedSegments;
  readonly #writers: SegmentWriters;
  readonly #held = new Set<Segment>();
  #inventory: Inventory | undefined;
  /** The last of the leases, evictions and removals, which run one after another. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(settings: SpoolSettings, directory: string, listener: StoreListener) {
    this.#settings = settings;
    this.#listener = listener;
    this.#context = { files: settings.files, directory, onDamage: listener.onDamage };
    this.#damaged = new DamagedSegments(settings, directory);
    this.#heartbeat = new Heartbeat(settings.files, directory, this.#owner);
    this.#writers = new SegmentWriters({
      context: this.#context,
      owner: this.#owner,
      segmentBytes: settings.segmentBytes,
      segmentAgeMs: segmentAgeMs(settings),
      isSynced: settings.sync === 'append',
      syncDirectory: () => syncDirectory(settings.files, directory),
      onCreate: (segment) => this.#held.add(segment),
      onSeal: (segment) => void this.#retire(segment).catch(listener.onFailure),
      onFailure: listener.onFailure,
    });
  }

  /** @param directory a directory that only this user can write to. @throws the error of the operating system */
  static async open(
    settings: SpoolSettings,
    directory: string,
    listener: StoreListener,
  ): Promise<SegmentStore> {
    const store = new SegmentStore(settings, directory, listener);
    await store.#heartbeat.beat();
    return store;
  }

  get directory(): string {
    return this.#context.directory;
  }

  /** The size of all segments in the directory, in bytes; those of other processes as of the last listing. */
  get bytes(): number {
    let bytes = this.#inventory?.bytes ?? 0;
    for (const segment of this.#held) bytes += segment.bytes;
    return bytes;
  }

  /** Resolves when the request is durable; to undefined after a reported failure or if `isWanted` returns false. */
  async append(
    request: WaitingRequest,
    endpoint: string,
    isWanted: () => boolean,
  ): Promise<Stored | 'full' | undefined> {
    if (this.#heartbeat.hasLapsed(this.#settings.staleMs / 2)) await this.#resume();
    if (!(await this.#makeRoom(recordHeaderBytes + request.body.length))) return 'full';
    if (!isWanted()) return undefined;
    return this.#writers.append(endpoint, request);
  }

  /** Withdraws a request that `append` has not begun to write. */
  withdraw(request: WaitingRequest): void {
    this.#writers.withdraw(request);
  }

  /** Leases the oldest request for one of the endpoints. */
  lease(endpoints: ReadonlySet<string>): Promise<(Stored & { readonly body: Buffer }) | undefined> {
    return this.#exclusively(async () => {
      for (;;) {
        const segment = await this.#oldest(endpoints);
        if (segment === undefined) return undefined;
        const leased = await this.#leaseFrom(segment);
        if (leased === undefined) continue;
        const { record } = leased;
        if (Date.now() - record.createdMs <= this.#settings.maxAgeMs) return { segment, ...leased };
        this.#listener.onDrop('expired', record.signal, record.itemCount);
        await segment.remove(record);
        await this.#removeIfDone(segment);
      }
    });
  }

  /** Ends the lease of a request that was delivered or dropped. Never rejects. */
  async remove({ segment, record }: Stored): Promise<void> {
    await segment.remove(record);
    if (segment.isDone) {
      await this.#exclusively(() => this.#removeIfDone(segment)).catch(this.#listener.onFailure);
    }
  }

  /** Updates the heartbeat, and drops segments that are too old. */
  async maintain(): Promise<void> {
    if (this.#heartbeat.hasLapsed(this.#settings.staleMs / 2)) await this.#resume();
    else await this.#heartbeat.beat();
    for (const removed of await this.#writers.sealRemoved()) this.#held.delete(removed);
    await this.#exclusively(async () => {
      this.#inventory = await this.#readInventory();
      // The last record of a segment is at most `segmentAgeMs` younger than the segment.
      const oldestMs = Date.now() - this.#settings.maxAgeMs - segmentAgeMs(this.#settings);
      for (const candidate of this.#candidates()) {
        if (candidate.name.createdMs < oldestMs) await this.#evict(candidate, 'expired');
      }
      await this.#trimDamaged();
    });
  }

  /** Flushes the appended records to the device. */
  async sync(): Promise<void> {
    await Promise.all([...this.#held].filter(({ isSealed }) => !isSealed).map((segment) => segment.sync()));
    await syncDirectory(this.#settings.files, this.directory);
  }

  /** Releases all segments with waiting records to other processes. */
  async close(): Promise<void> {
    await this.#writers.idle();
    this.#writers.seal();
    await this.#exclusively(async () => {
      for (const segment of this.#held) {
        await this.#removeIfDone(segment);
        if (!segment.isGone) await segment.rename({ ...segment.name, owner: noOwner }).catch(() => {});
        await segment.rest();
      }
      this.#held.clear();
      await this.#settings.files.unlink(this.#heartbeat.path).catch(() => {});
    });
  }

  /** The synchronous form of `close`. */
  closeSync(): void {
    for (const segment of this.#held) {
      try {
        if (segment.hasWaiting) segment.renameSync({ ...segment.name, owner: noOwner });
        else this.#settings.files.now.unlink(segment.path);
      } catch {
        // The next process detects that the owner has ended.
      }
    }
    try {
      this.#settings.files.now.unlink(this.#heartbeat.path);
    } catch {
      // The next process removes the heartbeat file.
    }
  }

  /** Returns the segments that no append uses, and that can be evicted. */
  #candidates(): (Segment | FoundSegment)[] {
    const sealed = [...this.#held].filter(({ isSealed }) => isSealed);
    return [...sealed, ...(this.#inventory?.orphans ?? [])].toSorted(oldestFirst);
  }

  /** Seals all segments, because another process may have adopted them while this one was suspended. */
  async #resume(): Promise<void> {
    this.#writers.seal();
    await this.#heartbeat.beat();
  }

  async #retire(segment: Segment): Promise<void> {
    await segment.rest();
    await this.#exclusively(() => this.#removeIfDone(segment));
  }

  /** Returns the oldest segment with a request for one of the endpoints. Adopts it if its owner has ended. */
  async #oldest(endpoints: ReadonlySet<string>): Promise<Segment | undefined> {
    const { listingMs } = this.#settings;
    for (;;) {
      const held = [...this.#held]
        .filter((segment) => endpoints.has(segment.name.endpoint) && !segment.isScanned && !segment.isGone)
        .toSorted(oldestFirst)[0];
      if (this.#inventory === undefined || Date.now() - this.#inventory.readMs >= listingMs) {
        this.#inventory = await this.#readInventory();
      }
      const orphan = this.#inventory.orphans.find(
        ({ name }) => endpoints.has(name.endpoint) && name.version === formatVersion,
      );
      if (orphan === undefined || (held !== undefined && oldestFirst(held, orphan) < 0)) return held;
      await this.#adopt(orphan);
    }
  }

  async #leaseFrom(
    segment: Segment,
  ): Promise<{ readonly record: StoredRecord; readonly body: Buffer } | undefined> {
    try {
      const leased = await segment.lease();
      if (leased === undefined) await this.#removeIfDone(segment);
      return leased;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') this.#held.delete(segment);
      else if (errorCode(error) === 'EIO') await this.#quarantine(segment);
      else throw error;
      return undefined;
    }
  }

  async #adopt(orphan: FoundSegment): Promise<Segment | undefined> {
    this.#forget(orphan);
    const adopted = await Segment.adopt(this.#context, orphan.name, this.#owner);
    if (adopted === 'gone') return undefined;
    if (adopted === 'damaged') {
      if (orphan.bytes === 0) {
        // The owner ended before the first write.
        await this.#settings.files.unlink(orphan.path).catch(() => {});
      } else if (await this.#damaged.add(orphan)) {
        this.#listener.onDamage(undefined);
        await this.#trimDamaged();
      }
      return undefined;
    }
    adopted.staysOpen = false;
    this.#held.add(adopted);
    return adopted;
  }

  async #quarantine(segment: Segment): Promise<void> {
    this.#listener.onDamage(undefined);
    segment.isDamaged = true;
    await this.#discard(segment);
  }

  async #removeIfDone(segment: Segment): Promise<void> {
    if (segment.isDone && !segment.isGone) await this.#discard(segment);
  }

  /** Removes the file; renames a damaged one, which is kept for analysis. */
  async #discard(segment: Segment): Promise<void> {
    const { files } = this.#settings;
    this.#held.delete(segment);
    segment.isGone = true;
    await segment.rest();
    try {
      if (segment.isDamaged) {
        await this.#damaged.move(segment);
        await this.#trimDamaged();
      } else {
        await files.unlink(segment.path);
      }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }

  /** Drops the oldest segments until there is room for a record. Returns whether there is room. */
  async #makeRoom(bytes: number): Promise<boolean> {
    const { maxBytes } = this.#settings;
    if (bytes > maxBytes) return false;
    const hasRoom = (): boolean => this.bytes + this.#writers.pendingBytes + bytes <= maxBytes;
    if (this.#inventory !== undefined && hasRoom()) return true;
    return this.#exclusively(async () => {
      this.#inventory = await this.#readInventory();
      while (!hasRoom()) {
        const [oldest] = this.#candidates();
        if (oldest !== undefined) await this.#evict(oldest, 'full');
        else if (!this.#writers.seal()) return false;
      }
      return true;
    });
  }

  async #evict(candidate: Segment | FoundSegment, reason: SpoolDropReason): Promise<void> {
    let segment: Segment | undefined;
    if (candidate instanceof Segment) {
      segment = candidate;
    } else if (candidate.name.version === formatVersion) {
      segment = await this.#adopt(candidate);
    } else {
      this.#forget(candidate);
      await this.#settings.files.unlink(candidate.path).catch(() => {});
    }
    if (segment === undefined) return;
    const counts = await segment.countWaiting().catch(() => ({}));
    await this.#discard(segment);
    for (const [signal, itemCount] of Object.entries(counts)) {
      this.#listener.onDrop(reason, signal as OtlpSignal, itemCount);
    }
  }

  async #trimDamaged(): Promise<void> {
    this.#inventory = await this.#readInventory();
    await this.#damaged.trim(this.#inventory.damaged);
  }

  #readInventory(): Promise<Inventory> {
    const { files, staleMs } = this.#settings;
    return readInventory(files, this.directory, this.#owner, staleMs);
  }

  #forget(orphan: FoundSegment): void {
    const inventory = this.#inventory;
    if (inventory === undefined) return;
    const index = inventory.orphans.indexOf(orphan);
    if (index === -1) return;
    inventory.orphans.splice(index, 1);
    inventory.bytes -= orphan.bytes;
  }

  #exclusively<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => {});
    return result;
  }
}
