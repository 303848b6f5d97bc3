import type { WaitingRequest } from '../queue/waiting-request.ts';
import { recordHeaderBytes } from './record.ts';
import { createSegmentName } from './segment-name.ts';
import { Segment, type SegmentContext, type StoredRecord } from './segment.ts';

/** A record on disk, and the segment that contains it. */
export interface Stored {
  readonly segment: Segment;
  readonly record: StoredRecord;
}

interface Pending {
  readonly request: WaitingRequest;
  readonly done: (stored: Stored | undefined) => void;
}

export interface SegmentWriterOptions {
  readonly context: SegmentContext;
  readonly endpoint: string;
  readonly owner: string;
  /** Size and age at which a segment is sealed. */
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
  /** Whether each group of records is flushed to the device. */
  readonly isSynced: boolean;
  readonly syncDirectory: () => Promise<void>;
  readonly onCreate: (segment: Segment) => void;
  readonly onSeal: (segment: Segment) => void;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Appends the requests for one endpoint to segments. Requests that arrive during a write form the next group, so that many
 * requests share one write and one flush.
 */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  readonly #pending: Pending[] = [];
  #group: readonly Pending[] = [];
  #active: Segment | undefined;
  #running: Promise<void> | undefined;
  #isSealing = false;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
  }

  /** The size of the requests that are not durable yet, in bytes. */
  get pendingBytes(): number {
    let bytes = 0;
    for (const { request } of this.#group) bytes += recordHeaderBytes + request.body.length;
    for (const { request } of this.#pending) bytes += recordHeaderBytes + request.body.length;
    return bytes;
  }

  get active(): Segment | undefined {
    return this.#active;
  }

  /** Resolves when the request is durable; to undefined after a failure. */
  append(request: WaitingRequest): Promise<Stored | undefined> {
    const { promise, resolve } = Promise.withResolvers<Stored | undefined>();
    this.#pending.push({ request, done: resolve });
    this.#running ??= this.#run();
    return promise;
  }

  /** Withdraws a request whose write has not begun. Its `append` resolves to undefined. */
  withdraw(request: WaitingRequest): void {
    const index = this.#pending.findIndex((pending) => pending.request === request);
    if (index !== -1) this.#pending.splice(index, 1)[0]?.done(undefined);
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  /** Seals the active segment, after the write in progress. Returns whether it is sealed already. */
  seal(): boolean {
    this.#isSealing = this.#running !== undefined;
    if (!this.#isSealing && this.#active !== undefined) this.#end(this.#active);
    return !this.#isSealing;
  }

  async #run(): Promise<void> {
    // Requests that arrive in the same turn of the event loop form one group.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      this.#group = this.#nextGroup();
      const stored = await this.#write(this.#group);
      const group = this.#group;
      this.#group = [];
      for (const [index, { done }] of group.entries()) done(stored[index]);
    }
    this.#running = undefined;
  }

  #nextGroup(): Pending[] {
    const { segmentBytes } = this.#options;
    let bytes = this.#active?.bytes ?? 0;
    let count = 0;
    for (const { request } of this.#pending) {
      if (count > 0 && bytes >= segmentBytes) break;
      bytes += recordHeaderBytes + request.body.length;
      count++;
    }
    return this.#pending.splice(0, count);
  }

  async #write(group: readonly Pending[]): Promise<readonly Stored[]> {
    const { isSynced, onCreate, onFailure, segmentBytes, syncDirectory } = this.#options;
    const segment = this.#segment();
    const isNew = segment.bytes === 0;
    try {
      const requests = group.map(({ request }) => request);
      const records = await segment.append(requests, Date.now(), isSynced);
      if (isNew) {
        onCreate(segment);
        if (isSynced) await syncDirectory();
      }
      if (segment.bytes >= segmentBytes) this.#end(segment);
      return records.map((record) => ({ segment, record }));
    } catch (error) {
      // After a failed flush the content on the device is unknown, so the file is sealed.
      this.#end(segment);
      onFailure(error);
      return [];
    }
  }

  #segment(): Segment {
    const { context, endpoint, owner, segmentAgeMs } = this.#options;
    const active = this.#active;
    const isOld = active !== undefined && Date.now() - active.name.createdMs > segmentAgeMs;
    if (active !== undefined && (isOld || this.#isSealing)) this.#end(active);
    this.#isSealing = false;
    return (this.#active ??= new Segment(context, createSegmentName(endpoint, owner)));
  }

  #end(segment: Segment): void {
    segment.isSealed = true;
    this.#active = undefined;
    this.#options.onSeal(segment);
  }
}
