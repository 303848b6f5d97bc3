import { bounds, cutText } from './bounds.ts';
import type { Instant } from './model.ts';

const two32 = 2 ** 32;

/**
 * Reads protocol buffers in one pass without copies, and believes nothing: whatever is not whole throws a
 * `RangeError`. Numbers are JavaScript's; the exact 64 bits are read where they are asked for.
 */
export class ProtobufReader {
  readonly bytes: Buffer;
  at = 0;
  end: number;
  /** The field of the last tag, and the type it has on the wire. */
  field = 0;
  wireType = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.end = bytes.length;
  }

  /** Reads the next tag; false at the end of the message. */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    return true;
  }

  /** Enters a message; gives the end of the outer one, for `leave`. */
  enter(): number {
    const outer = this.end;
    const length = this.length();
    this.end = this.at + length;
    return outer;
  }

  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  /** An unsigned number. Beyond 2^53 it is the nearest double. */
  varint(): number {
    const { bytes } = this;
    let byte = this.#byte(bytes);
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let factor = 128;
    for (let count = 1; count < 10; count++) {
      byte = this.#byte(bytes);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new RangeError('a number is longer than 64 bits');
  }

  /** A signed 64-bit integer as a number when it is safe, else as a bigint. */
  int64(): number | bigint {
    const start = this.at;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    let exact = 0n;
    for (let at = start; at < this.at; at++) {
      exact |= BigInt((this.bytes[at] as number) & 0x7f) << BigInt((at - start) * 7);
    }
    const signed = BigInt.asIntN(64, exact);
    const number = Number(signed);
    return Number.isSafeInteger(number) ? number : signed;
  }

  /** A zigzag number of 32 bits. */
  sint32(): number {
    const value = this.varint() % two32;
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  double(): number {
    return this.bytes.readDoubleLE(this.#skip(8));
  }

  fixed32(): number {
    return this.bytes.readUInt32LE(this.#skip(4));
  }

  /** An unsigned number of eight bytes; beyond 2^53 the nearest double. */
  fixed64(): number {
    const at = this.#skip(8);
    return this.bytes.readUInt32LE(at) + this.bytes.readUInt32LE(at + 4) * two32;
  }

  sfixed64(): bigint {
    return this.bytes.readBigInt64LE(this.#skip(8));
  }

  /** Nanoseconds since 1970, exact until the year 2255. */
  instant(): Instant {
    const at = this.#skip(8);
    const high = this.bytes.readUInt32LE(at + 4);
    // high * 2^32 is high * (4294967 * 1000 + 296).
    const rest = high * 296 + this.bytes.readUInt32LE(at);
    const us = high * 4_294_967 + Math.floor(rest / 1000);
    return { us: Math.min(us, Number.MAX_SAFE_INTEGER), ns: rest % 1000 };
  }

  /** A text, cut where it is too long. */
  text(maxLength: number = bounds.textLength): string {
    const length = this.length();
    const start = this.at;
    this.at += length;
    const text = this.bytes.toString('utf8', start, start + length);
    return cutText(text, text.length, maxLength);
  }

  hex(): string {
    const length = this.length();
    const start = this.at;
    this.at += length;
    return length > 64 ? '' : this.bytes.toString('hex', start, start + length);
  }

  /** The bytes of a delimited value. */
  delimited(): Buffer {
    const length = this.length();
    const start = this.at;
    this.at += length;
    return this.bytes.subarray(start, start + length);
  }

  /** The length of what follows, which is all there. */
  length(): number {
    if (this.wireType !== 2) throw new RangeError(`field ${this.field} has wire type ${this.wireType}`);
    const length = this.varint();
    if (length > this.end - this.at) throw new RangeError('a message ends before its end');
    return length;
  }

  /** Passes over the value of the last tag. */
  skipField(): void {
    if (this.wireType === 0) this.varint();
    else if (this.wireType === 1) this.#skip(8);
    else if (this.wireType === 2) {
      const length = this.length();
      this.at += length;
    } else if (this.wireType === 5) this.#skip(4);
    else throw new RangeError(`wire type ${this.wireType} is unknown`);
  }

  #skip(size: number): number {
    const start = this.at;
    this.at += size;
    if (this.at > this.end) throw new RangeError('a message ends before its end');
    return start;
  }

  #byte(bytes: Buffer): number {
    if (this.at >= this.end) throw new RangeError('a message ends before its end');
    return bytes[this.at++] as number;
  }
}
