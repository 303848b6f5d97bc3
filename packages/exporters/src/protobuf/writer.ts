import { type EncodedBytes, putEncodedBytes } from './encoded-bytes.ts';
import {
  putAscii,
  putHex,
  putString,
  putVarint,
  shortStringLength,
  varintSize,
  wireType,
  zigzag,
} from './wire-format.ts';

const twoTo32 = 2 ** 32;
/** A larger buffer is released by `clear`. */
const maxRetainedBytes = 4 * 1024 * 1024;

/**
 * Writes protocol buffers into a growing, reusable buffer. Each method writes one field; the caller omits fields
 * that have their default value.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  readonly #capacity: number;
  #buffer: Buffer;
  #view: DataView;
  /** The position of the next byte. */
  #end = 0;

  /** @param capacity the initial size of the buffer, in bytes */
  constructor(capacity = 1024) {
    this.#capacity = capacity;
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
    this.#view = new DataView(this.#buffer.buffer);
  }

  /** The bytes written so far, as a view that the next write may change. */
  get written(): Uint8Array {
    return this.#buffer.subarray(0, this.#end);
  }

  /** The number of bytes written. */
  get length(): number {
    return this.#end;
  }

  /** Discards everything after the first `length` bytes. */
  rewind(length: number): void {
    this.#end = length;
  }

  /** Returns a copy of the written bytes and clears the writer. */
  finish(): Uint8Array {
    const copy = Buffer.allocUnsafeSlow(this.#end);
    copy.set(this.written);
    this.clear();
    return copy;
  }

  /** Discards all bytes, and the buffer if it has grown large. */
  clear(): void {
    this.#end = 0;
    if (this.#buffer.length > maxRetainedBytes) {
      this.#buffer = Buffer.allocUnsafeSlow(this.#capacity);
      this.#view = new DataView(this.#buffer.buffer);
    }
  }

  /** Writes encoded bytes. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Writes encoded bytes that are written often. */
  encodedBytes(encoded: EncodedBytes): void {
    this.#reserve(encoded.length + 3);
    this.#end = putEncodedBytes(this.#view, this.#end, encoded);
  }

  /** An unsigned integer, exact up to 2^53. */
  uint(field: number, value: number): void {
    this.#reserve(15);
    const position = putVarint(this.#buffer, this.#end, field * 8 + wireType.varint);
    this.#end = putVarint(this.#buffer, position, value);
  }

  /** A signed 64-bit integer, exact between -2^53 and 2^53. */
  int(field: number, value: number): void {
    if (value >= 0 && value < twoTo32 * 2 ** 21) {
      this.uint(field, value);
      return;
    }
    const high = Math.floor(value / twoTo32);
    this.#long(field, (value - high * twoTo32) >>> 0, high >>> 0);
  }

  /** A signed 64-bit integer. */
  bigint(field: number, value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    this.#long(field, Number(bits & 0xff_ff_ff_ffn), Number(bits >> 32n));
  }

  /** A signed integer in ZigZag encoding, exact up to 2^52. */
  sint(field: number, value: number): void {
    this.uint(field, zigzag(value));
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0);
  }

  double(field: number, value: number): void {
    this.#tag(field, wireType.fixed64, 8);
    this.doubleItem(value);
  }

  /** A double without a tag: an item of a packed field. */
  doubleItem(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#end, value, true);
    this.#end += 8;
  }

  /** A 64-bit integer, signed or unsigned, exact between -2^53 and 2^53; NaN is written as 0. */
  fixed64(field: number, value: number): void {
    this.#tag(field, wireType.fixed64, 8);
    this.fixed64Item(value);
  }

  /** A 64-bit integer without a tag: an item of a packed field. */
  fixed64Item(value: number): void {
    const high = Math.floor(value / twoTo32);
    this.#words(value - high * twoTo32, high);
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, wireType.fixed32, 4);
    this.#view.setUint32(this.#end, value, true);
    this.#end += 4;
  }

  /** A time in nanoseconds as a 64-bit integer. Times before 1970 and invalid times are written as 0, which means unknown. */
  time(field: number, seconds: number, nanoseconds: number): void {
    this.#tag(field, wireType.fixed64, 8);
    if (!(seconds >= 0)) {
      this.#words(0, 0);
      return;
    }
    // A double cannot hold the product, so its upper and lower bits are computed separately.
    const upperSeconds = Math.floor(seconds / 65_536);
    const upper = upperSeconds * 1e9;
    const high = Math.floor(upper / 65_536);
    const lower = (seconds - upperSeconds * 65_536) * 1e9 + nanoseconds + (upper - high * 65_536) * 65_536;
    const carry = Math.floor(lower / twoTo32);
    this.#words(lower - carry * twoTo32, high + carry);
  }

  string(field: number, value: string): void {
    const { length } = value;
    this.#reserve(length * 3 + 10);
    const position = putVarint(this.#buffer, this.#end, field * 8 + wireType.lengthDelimited);
    const end = length > shortStringLength ? -1 : putAscii(this.#buffer, position, value);
    this.#end = end === -1 ? putString(this.#buffer, position, value) : end;
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, wireType.lengthDelimited, 5);
    this.varint(value.length);
    this.raw(value);
  }

  /** Bytes given as hexadecimal digits, such as a trace id. */
  hex(field: number, value: string): void {
    this.#tag(field, wireType.lengthDelimited, value.length + 5);
    this.#end = putHex(this.#buffer, this.#end, value);
  }

  /** Bytes given as two or four big-endian 32-bit words: a span id or a trace id. */
  words(field: number, first: number, second: number, third?: number, fourth?: number): void {
    this.#tag(field, wireType.lengthDelimited, 17);
    const view = this.#view;
    const position = this.#end;
    view.setInt32(position + 1, first);
    view.setInt32(position + 5, second);
    const isFour = third !== undefined && fourth !== undefined;
    if (isFour) {
      view.setInt32(position + 9, third);
      view.setInt32(position + 13, fourth);
    }
    const size = isFour ? 16 : 8;
    this.#buffer[position] = size;
    this.#end = position + 1 + size;
  }

  /** An embedded message. */
  message(field: number, write: () => void): void {
    const start = this.open(field);
    write();
    this.close(start);
  }

  /**
   * Starts an embedded message or a packed field, which extends to the matching `close`.
   *
   * @param lengthBytes the expected size of its length, in bytes
   * @returns its start, for `close`
   */
  open(field: number, lengthBytes = 1): number {
    this.#tag(field, wireType.lengthDelimited, lengthBytes);
    this.#end += lengthBytes;
    return this.#end;
  }

  /** @param lengthBytes the value passed to `open` */
  close(start: number, lengthBytes = 1): void {
    const size = this.#end - start;
    const needed = varintSize(size);
    if (needed !== lengthBytes) {
      this.#reserve(needed);
      this.#buffer.copyWithin(start - lengthBytes + needed, start, this.#end);
    }
    this.#end = putVarint(this.#buffer, start - lengthBytes, size) + size;
  }

  /** An unsigned integer without a tag: an item of a packed field, or a length. */
  varint(value: number): void {
    this.#reserve(10);
    this.#end = putVarint(this.#buffer, this.#end, value);
  }

  /**
   * Fast path: a message that holds a string in field `inner`.
   *
   * @returns false, with nothing written, if the string is long or not ASCII
   */
  stringMessage(field: number, inner: number, value: string): boolean {
    if (value.length > shortStringLength) return false;
    this.#reserve(shortStringLength + 10);
    const bytes = this.#buffer;
    const position = putVarint(bytes, this.#end, field * 8 + wireType.lengthDelimited);
    const end = putStringMessage(bytes, position, inner, value);
    if (end === -1) return false;
    this.#end = end;
    return true;
  }

  /**
   * Fast path: a message with an encoded key as field 1, and in field 2 a message that holds a string in field `inner`.
   *
   * @returns false, with nothing written, if the key or the string is long, or the string is not ASCII
   */
  keyAndString(field: number, key: EncodedBytes, inner: number, value: string): boolean {
    if (key.length > shortStringLength || value.length > shortStringLength) return false;
    this.#reserve(2 * shortStringLength + 14);
    const bytes = this.#buffer;
    const start = putVarint(bytes, this.#end, field * 8 + wireType.lengthDelimited);
    const position = putKey(bytes, this.#view, start, key);
    const end = putStringMessage(bytes, position, inner, value);
    if (end === -1) return false;
    bytes[start] = end - start - 1;
    this.#end = end;
    return true;
  }

  /** Fast path: like `keyAndString`, with an unsigned 31-bit integer in place of the string. */
  keyAndInteger(field: number, key: EncodedBytes, inner: number, value: number): boolean {
    if (key.length > shortStringLength) return false;
    this.#reserve(shortStringLength + 20);
    const bytes = this.#buffer;
    const start = putVarint(bytes, this.#end, field * 8 + wireType.lengthDelimited);
    const position = putKey(bytes, this.#view, start, key);
    bytes[position] = 1 + varintSize(value);
    bytes[position + 1] = inner * 8 + wireType.varint;
    const end = putVarint(bytes, position + 2, value);
    bytes[start] = end - start - 1;
    this.#end = end;
    return true;
  }

  /** @param size the maximum number of bytes that follow */
  #tag(field: number, type: number, size: number): void {
    this.#reserve(size + 5);
    this.#end = putVarint(this.#buffer, this.#end, field * 8 + type);
  }

  #long(field: number, lowBits: number, highBits: number): void {
    this.#tag(field, wireType.varint, 10);
    let low = lowBits;
    let high = highBits;
    while (high > 0 || low > 0x7f) {
      this.#buffer[this.#end++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#buffer[this.#end++] = low;
  }

  #words(low: number, high: number): void {
    this.#reserve(8);
    this.#view.setUint32(this.#end, low, true);
    this.#view.setUint32(this.#end + 4, high, true);
    this.#end += 8;
  }

  #reserve(size: number): void {
    if (this.#end + size > this.#buffer.length) this.#grow(size);
  }

  #grow(size: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#end + size));
    grown.set(this.written);
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Writes a key, leaving one byte at `start` for the length of its message, and the tag of field 2. */
function putKey(bytes: Uint8Array, view: DataView, start: number, key: EncodedBytes): number {
  const position = putEncodedBytes(view, start + 1, key);
  bytes[position] = 2 * 8 + wireType.lengthDelimited;
  return position + 1;
}

/** Writes a length and a message that holds one short string; returns -1 if the string is not ASCII. */
function putStringMessage(bytes: Uint8Array, start: number, inner: number, value: string): number {
  bytes[start] = value.length + 2;
  bytes[start + 1] = inner * 8 + wireType.lengthDelimited;
  return putAscii(bytes, start + 2, value);
}
