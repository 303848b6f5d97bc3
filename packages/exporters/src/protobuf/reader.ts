/** Reads untrusted protocol buffers. Every method throws a `RangeError` on truncated or malformed input. */
export class ProtobufReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.length;
  }

  /** The number of bytes read. */
  get position(): number {
    return this.#position;
  }

  /** The number and the wire type of the next field. */
  tag(): { readonly field: number; readonly wireType: number } {
    const tag = Number(this.varint());
    return { field: Math.floor(tag / 8), wireType: tag % 8 };
  }

  /** An unsigned integer of up to 64 bits. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes.readUInt8(this.#position++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('varint exceeds 64 bits');
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#advance(8));
  }

  fixed64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#advance(8));
  }

  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  /** A view of the bytes of a length-delimited field. */
  delimited(): Buffer {
    const size = Number(this.varint());
    const start = this.#advance(size);
    if (this.#position > this.#bytes.length)
      throw new RangeError('length-delimited field exceeds the message');
    return this.#bytes.subarray(start, this.#position);
  }

  /** Skips a value. */
  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 1) this.#advance(8);
    else if (wireType === 2) this.delimited();
    else if (wireType === 5) this.#advance(4);
    else throw new RangeError(`unknown wire type ${wireType}`);
  }

  #advance(size: number): number {
    const start = this.#position;
    this.#position += size;
    return start;
  }
}
