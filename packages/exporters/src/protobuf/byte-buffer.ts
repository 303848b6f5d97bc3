const keptBytes = 4 * 1024 * 1024;

/** Bytes that become more at their end, in a buffer that grows and can be used again. */
export class ByteBuffer {
  readonly #capacity: number;
  protected buffer: Buffer;
  protected view: DataView;
  /** Where the next byte goes. */
  protected end = 0;

  /** @param capacity how many bytes to begin with */
  constructor(capacity = 1024) {
    this.#capacity = capacity;
    this.buffer = Buffer.allocUnsafeSlow(capacity);
    this.view = new DataView(this.buffer.buffer);
  }

  /** What is written so far; a view that the next write may change. */
  get written(): Uint8Array {
    return this.buffer.subarray(0, this.end);
  }

  /** How many bytes are written. */
  get length(): number {
    return this.end;
  }

  /** Forgets what was written after a length. */
  rewind(length: number): void {
    this.end = length;
  }

  /** A copy of what is written; it begins anew. */
  take(): Uint8Array {
    const taken = Buffer.allocUnsafeSlow(this.end);
    taken.set(this.written);
    this.clear();
    return taken;
  }

  /** Begins anew, and gives up a buffer that has grown large. */
  clear(): void {
    this.end = 0;
    if (this.buffer.length > keptBytes) {
      this.buffer = Buffer.allocUnsafeSlow(this.#capacity);
      this.view = new DataView(this.buffer.buffer);
    }
  }

  /** Bytes that are there already. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** Makes room for so many bytes more. */
  protected reserve(size: number): void {
    if (this.end + size > this.buffer.length) this.#grow(size);
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.end + size));
    grown.set(this.written);
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }
}
