import { join } from 'node:path';
import type { WaitingRequest } from '../queue/waiting-request.ts';
import type { OtlpSignal } from '../signal.ts';
import { isOwnFile } from './directory.ts';
import { openFlags, readRange, type SpoolFileSystem, writeAll } from './file-system.ts';
import {
  checksum,
  createNonce,
  decodeRecordHeader,
  deliveredMark,
  encodeRecordHeader,
  encodeSegmentHeader,
  findNonce,
  findRecord,
  type RecordHeader,
  recordHeaderBytes,
  segmentHeaderBytes,
  startBytes,
} from './record.ts';
import { formatSegmentName, type SegmentName } from './segment-name.ts';

/** A record in a segment. */
export interface StoredRecord extends RecordHeader {
  readonly position: number;
}

/** Number of items that are on disk and not delivered, by signal. */
export type ItemCounts = Partial<Record<OtlpSignal, number>>;

/** The directory of the segments, and the listener for damage. */
export interface SegmentContext {
  readonly files: SpoolFileSystem;
  readonly directory: string;
  readonly onDamage: (record: StoredRecord | undefined) => void;
}

/**
 * A segment file that this process owns. Only one process appends records. Each record is leased, delivered and then
 * marked as delivered in place. The file is removed when all records are delivered.
 */
export class Segment {
  readonly #files: SpoolFileSystem;
  readonly #directory: string;
  readonly #onDamage: SegmentContext['onDamage'];
  readonly #leased = new Map<number, StoredRecord>();
  /** Records whose lease ended without a delivery, in order. */
  readonly #returned: StoredRecord[] = [];
  readonly #isAdopted: boolean;
  #name: SegmentName;
  #nonce: Uint8Array;
  #file: Promise<number> | undefined;
  #users = 0;
  #cursor = segmentHeaderBytes;
  #endBytes = 0;
  /** Whether the file accepts no more records. */
  isSealed: boolean;
  /** Whether the file was removed, or another process adopted it. */
  isGone = false;
  /** Whether the file remains open between operations. */
  staysOpen = true;
  /** Whether damaged records were skipped. */
  isDamaged = false;

  /** @param onDamage called with each damaged record; with undefined where its header is damaged too */
  constructor(
    { files, directory, onDamage }: SegmentContext,
    name: SegmentName,
    adopted?: { readonly nonce: Uint8Array; readonly endBytes: number },
  ) {
    this.#files = files;
    this.#directory = directory;
    this.#onDamage = onDamage;
    this.#name = name;
    this.#isAdopted = adopted !== undefined;
    this.isSealed = this.#isAdopted;
    this.#nonce = adopted?.nonce ?? createNonce();
    this.#endBytes = adopted?.endBytes ?? 0;
  }

  /**
   * Opens a file of an ended process, and renames it to `owner`.
   *
   * @returns `damaged` if the start is damaged, so that no record is valid; `gone` if another process adopted the file
   * @throws the error of the operating system
   */
  static async adopt(
    context: SegmentContext,
    found: SegmentName,
    owner: string,
  ): Promise<Segment | 'damaged' | 'gone'> {
    const { files, directory } = context;
    const path = join(directory, formatSegmentName(found));
    const name = { ...found, owner };
    try {
      const file = await files.open(path, openFlags.readWrite);
      try {
        const status = await files.fileStatus(file);
        if (!isOwnFile(status)) return 'gone';
        const nonce = findNonce(await readRange(files, file, 0, startBytes), name.endpoint);
        if (nonce === undefined) return 'damaged';
        await files.rename(path, join(directory, formatSegmentName(name)));
        return new Segment(context, name, { nonce, endBytes: status.size });
      } finally {
        await files.close(file);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone';
      throw error;
    }
  }

  get name(): SegmentName {
    return this.#name;
  }

  get path(): string {
    return join(this.#directory, formatSegmentName(this.#name));
  }

  get bytes(): number {
    return this.#endBytes;
  }

  /** Whether all records are delivered or leased. */
  get isScanned(): boolean {
    return this.#returned.length === 0 && this.#cursor >= this.#endBytes;
  }

  /** Whether the file can be removed. */
  get isDone(): boolean {
    return this.isSealed && this.isScanned && this.#leased.size === 0;
  }

  get hasWaiting(): boolean {
    return !this.isScanned || this.#leased.size > 0;
  }

  /** Appends records and leases them. Creates the file on the first call. Records are durable after `sync`. */
  async append(
    requests: readonly WaitingRequest[],
    createdMs: number,
    isSynced: boolean,
  ): Promise<StoredRecord[]> {
    const start = this.#endBytes;
    const parts: Uint8Array[] = start === 0 ? [encodeSegmentHeader(this.#name.endpoint, this.#nonce)] : [];
    let position = Math.max(start, segmentHeaderBytes);
    const records = requests.map(({ signal, body, itemCount }): StoredRecord => {
      const header = encodeRecordHeader({ signal, body, itemCount, createdMs }, this.#nonce);
      parts.push(header, body);
      const at = position;
      position += recordHeaderBytes + body.length;
      const bodyChecksum = header.readUInt32LE(12);
      return {
        position: at,
        signal,
        itemCount,
        createdMs,
        bodyBytes: body.length,
        bodyChecksum,
        isDelivered: false,
      };
    });
    await this.#use(async (file) => {
      try {
        await writeAll(this.#files, file, parts, start);
        if (isSynced) await this.#files.sync(file);
      } catch (error) {
        // After a crash, bytes after the last record would be reported as damage.
        await this.#files.truncate(file, start).catch(() => {});
        throw error;
      }
    });
    for (const record of records) this.#leased.set(record.position, record);
    this.#endBytes = position;
    this.#cursor = position;
    return records;
  }

  async sync(): Promise<void> {
    if (!this.isGone) await this.#use((file) => this.#files.sync(file));
  }

  /** Leases and reads the oldest waiting record; undefined if there is none. Damaged records are skipped. */
  async lease(): Promise<{ readonly record: StoredRecord; readonly body: Buffer } | undefined> {
    return this.#use(async (file) => {
      for (;;) {
        const returned = this.#returned.shift();
        if (returned !== undefined) this.#leased.set(returned.position, returned);
        const record = returned ?? (await this.#scan(file, true));
        if (record === undefined) return undefined;
        const start = record.position + recordHeaderBytes;
        const body = await readRange(this.#files, file, start, record.bodyBytes);
        if (body.length === record.bodyBytes && checksum(body) === record.bodyChecksum) {
          return { record, body };
        }
        this.#leased.delete(record.position);
        this.#reportDamage(record);
      }
    });
  }

  /** Ends the lease of a record that was delivered or dropped, and marks it as delivered. Never rejects. */
  async remove(record: StoredRecord): Promise<void> {
    if (!this.#leased.delete(record.position) || this.isGone || this.isDone) return;
    await this.#use((file) => this.#files.write(file, [deliveredMark], record.position)).catch(() => {});
  }

  /** The synchronous form of `remove`. Returns whether the record was leased. */
  removeSync(record: StoredRecord): boolean {
    if (!this.#leased.delete(record.position) || this.isGone) return false;
    try {
      const file = this.#files.now.open(this.path, openFlags.readWrite);
      this.#files.now.write(file, deliveredMark, record.position);
      this.#files.now.close(file);
    } catch {
      // The record stays unmarked and is delivered again.
    }
    return true;
  }

  /** Ends the lease of a record without a delivery, so that it can be leased again. */
  return(record: StoredRecord): void {
    if (!this.#leased.delete(record.position)) return;
    const next = this.#returned.findIndex(({ position }) => position > record.position);
    this.#returned.splice(next === -1 ? this.#returned.length : next, 0, record);
  }

  /** Counts the items in records that are not leased. Scans the rest of the file. */
  async countWaiting(): Promise<ItemCounts> {
    const counts: ItemCounts = {};
    const count = ({ signal, itemCount }: StoredRecord): void => {
      counts[signal] = (counts[signal] ?? 0) + itemCount;
    };
    this.#returned.forEach(count);
    if (this.isScanned) return counts;
    await this.#use(async (file) => {
      for (let next = await this.#scan(file, false); next !== undefined; next = await this.#scan(file, false))
        count(next);
    });
    return counts;
  }

  /** Renames the file, for example to another owner. */
  async rename(name: SegmentName): Promise<void> {
    await this.#files.rename(this.path, join(this.#directory, formatSegmentName(name)));
    this.#name = name;
  }

  renameSync(name: SegmentName): void {
    this.#files.now.rename(this.path, join(this.#directory, formatSegmentName(name)));
    this.#name = name;
  }

  /** Closes the file after the operations in progress. */
  async rest(): Promise<void> {
    this.staysOpen = false;
    if (this.#users === 0) await this.#close();
  }

  /** Advances to the next record that is not delivered. Skips damaged records. */
  async #scan(file: number, isLeased: boolean): Promise<StoredRecord | undefined> {
    for (;;) {
      // An owner that was suspended, and considered dead, may still append.
      if (this.#cursor >= this.#endBytes && this.#isAdopted) {
        this.#endBytes = Math.max(this.#endBytes, (await this.#files.fileStatus(file)).size);
      }
      const position = this.#cursor;
      if (position >= this.#endBytes) return undefined;
      const bytes = await readRange(this.#files, file, position, recordHeaderBytes);
      const header = decodeRecordHeader(bytes, this.#nonce);
      const next = position + recordHeaderBytes + (header?.bodyBytes ?? 0);
      if (header === undefined) {
        this.#reportDamage(undefined);
        this.#cursor = await this.#findNext(file, position + 1);
      } else if (header.isDelivered) {
        this.#cursor = next;
      } else if (next > this.#endBytes) {
        // The last write was incomplete.
        this.#reportDamage(undefined);
        this.#cursor = this.#endBytes;
      } else {
        this.#cursor = next;
        const record = { ...header, position };
        // Leased in the same turn as the cursor moves, so that `isDone` stays false.
        if (isLeased) this.#leased.set(position, record);
        return record;
      }
    }
  }

  #reportDamage(record: StoredRecord | undefined): void {
    this.isDamaged = true;
    this.#onDamage(record);
  }

  /** Returns the position of the next intact record header; the end of the file if there is none. */
  async #findNext(file: number, from: number): Promise<number> {
    const bytes = await readRange(this.#files, file, from, this.#endBytes - from);
    const found = findRecord(bytes, this.#nonce, 0);
    return found === -1 ? this.#endBytes : from + found;
  }

  async #use<T>(operation: (file: number) => Promise<T>): Promise<T> {
    this.#users++;
    try {
      return await operation(await this.#open());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.isGone = true;
      throw error;
    } finally {
      this.#users--;
      if (this.#users === 0 && !this.staysOpen) await this.#close();
    }
  }

  async #open(): Promise<number> {
    const flags = this.#endBytes === 0 ? openFlags.create : openFlags.readWrite;
    this.#file ??= this.#files.open(this.path, flags);
    try {
      return await this.#file;
    } catch (error) {
      this.#file = undefined;
      throw error;
    }
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.then((opened) => this.#files.close(opened)).catch(() => {});
  }
}
