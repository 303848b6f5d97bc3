const encoder = new TextEncoder();

/** Writes protocol buffers into a buffer that grows. */
export class ProtobufWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What is written so far; a view that the next write may change. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** An unsigned number, exact up to 2^53. */
  uint(field: number, value: number): void {
    this.#varint(field * 8);
    this.#varint(value);
  }

  /** A signed number in zigzag form, exact up to 2^52. */
  sint(field: number, value: number): void {
    this.#varint(field * 8);
    this.#varint(zigzag(value));
  }

  double(field: number, value: number): void {
    this.#varint(field * 8 + 1);
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  string(field: number, value: string): void {
    this.#varint(field * 8 + 2);
    this.#reserve(value.length * 3 + 5);
    this.#delimited(() => {
      this.#length += encoder.encodeInto(value, this.#bytes.subarray(this.#length)).written;
    });
  }

  /** A message of its own. */
  message(field: number, write: () => void): void {
    this.#varint(field * 8 + 2);
    this.#delimited(write);
  }

  /** A number that tells how long what follows is. */
  length(value: number): void {
    this.#varint(value);
  }

  /** Bytes that are encoded already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #delimited(write: () => void): void {
    this.#reserve(5);
    const start = ++this.#length;
    write();
    const size = this.#length - start;
    const extra = varintSize(size) - 1;
    this.#reserve(extra + 10);
    if (extra > 0) this.#bytes.copyWithin(start + extra, start, this.#length);
    this.#length = start - 1;
    this.#varint(size);
    this.#length += size;
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + size));
    grown.set(this.written);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
