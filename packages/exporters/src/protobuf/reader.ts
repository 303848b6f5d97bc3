/** Reads protocol buffers, of which it believes nothing: whatever is not whole throws a `RangeError`. */
export class ProtobufReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The number of the next field, and the type it has on the wire. */
  tag(): { readonly field: number; readonly wireType: number } {
    const tag = Number(this.varint());
    return { field: Math.floor(tag / 8), wireType: tag % 8 };
  }

  /** An unsigned number of up to 64 bits. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('a number is longer than 64 bits');
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#skip(8));
  }

  fixed64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#skip(8));
  }

  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#skip(4));
  }

  /** A view of what is delimited by its length. */
  delimited(): Buffer {
    const size = Number(this.varint());
    const start = this.#skip(size);
    if (this.#at > this.#bytes.length) throw new RangeError('a message ends before its end');
    return this.#bytes.subarray(start, this.#at);
  }

  /** Passes over a value. */
  pass(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.#skip(8);
    else if (wireType === 2) this.delimited();
    else if (wireType === 5) this.#skip(4);
    else throw new RangeError(`wire type ${wireType} is unknown`);
  }

  #skip(size: number): number {
    const start = this.#at;
    this.#at += size;
    return start;
  }
}
