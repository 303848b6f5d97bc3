import type { WaitingRequest } from '../queue/waiting-request.ts';
import type { Segment } from './segment.ts';
import { SegmentWriter, type SegmentWriterOptions, type Stored } from './segment-writer.ts';

/** The writers of a store, one for each endpoint. */
export class SegmentWriters {
  readonly #options: Omit<SegmentWriterOptions, 'endpoint'>;
  readonly #byEndpoint = new Map<string, SegmentWriter>();

  constructor(options: Omit<SegmentWriterOptions, 'endpoint'>) {
    this.#options = options;
  }

  /** The size of the requests that are not durable yet, in bytes. */
  get pendingBytes(): number {
    let bytes = 0;
    for (const writer of this.#byEndpoint.values()) bytes += writer.pendingBytes;
    return bytes;
  }

  /** Resolves when the request is durable; to undefined after a failure. */
  append(endpoint: string, request: WaitingRequest): Promise<Stored | undefined> {
    const writer = this.#byEndpoint.get(endpoint) ?? new SegmentWriter({ ...this.#options, endpoint });
    this.#byEndpoint.set(endpoint, writer);
    return writer.append(request);
  }

  /** Withdraws a request whose write has not begun. */
  withdraw(request: WaitingRequest): void {
    for (const writer of this.#byEndpoint.values()) writer.withdraw(request);
  }

  async idle(): Promise<void> {
    await Promise.all(Array.from(this.#byEndpoint.values(), (writer) => writer.idle()));
  }

  /** Seals the active segments. Returns whether one is sealed now, so that it can be evicted. */
  seal(): boolean {
    let hasSealed = false;
    for (const writer of this.#byEndpoint.values()) {
      const isActive = writer.active !== undefined;
      hasSealed = (writer.seal() && isActive) || hasSealed;
    }
    return hasSealed;
  }

  /** Seals segments whose file was removed, and returns them: they can still be written, but no process can read them. */
  async sealRemoved(): Promise<readonly Segment[]> {
    const removed: Segment[] = [];
    for (const writer of this.#byEndpoint.values()) {
      const segment = writer.active;
      if (segment === undefined || segment.bytes === 0) continue;
      const isThere = await this.#options.context.files.status(segment.path).then(
        () => true,
        (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOENT',
      );
      if (isThere) continue;
      segment.isGone = true;
      writer.seal();
      removed.push(segment);
    }
    return removed;
  }
}
