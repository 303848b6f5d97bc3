import { ShortMessages } from './short-messages.ts';
import { putAscii, putHex, putText, shortText } from './text.ts';
import { putVarint, varintSize, zigzag } from './varint.ts';
import { wire } from './wire.ts';

const twoTo32 = 2 ** 32;

/**
 * Writes protocol buffers. Each method writes one field; whether a default value is worth a field is the caller's to
 * decide.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter extends ShortMessages {
  /** An unsigned number, exact up to 2^53. */
  uint(field: number, value: number): void {
    this.reserve(15);
    const at = putVarint(this.buffer, this.end, field * 8 + wire.varint);
    this.end = putVarint(this.buffer, at, value);
  }

  /** A signed number of 64 bits, exact between -2^53 and 2^53. */
  int(field: number, value: number): void {
    if (value >= 0 && value < twoTo32 * 2 ** 21) {
      this.uint(field, value);
      return;
    }
    const above = Math.floor(value / twoTo32);
    this.#long(field, (value - above * twoTo32) >>> 0, above >>> 0);
  }

  /** A signed number of 64 bits. */
  bigint(field: number, value: bigint): void {
    const bits = BigInt.asUintN(64, value);
    this.#long(field, Number(bits & 0xff_ff_ff_ffn), Number(bits >> 32n));
  }

  /** A signed number in zigzag form, exact up to 2^52. */
  sint(field: number, value: number): void {
    this.uint(field, zigzag(value));
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0);
  }

  double(field: number, value: number): void {
    this.#tag(field, wire.eightBytes, 8);
    this.item(value);
  }

  /** A double without a field: a member of a packed list. */
  item(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.end, value, true);
    this.end += 8;
  }

  /** A number of 64 bits, signed or not, exact between -2^53 and 2^53; what is no number is 0. */
  fixed64(field: number, value: number): void {
    this.#tag(field, wire.eightBytes, 8);
    this.fixedItem(value);
  }

  /** The same without a field: a member of a packed list. */
  fixedItem(value: number): void {
    const high = Math.floor(value / twoTo32);
    this.#words(value - high * twoTo32, high);
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, wire.fourBytes, 4);
    this.view.setUint32(this.end, value, true);
    this.end += 4;
  }

  /** Seconds and nanoseconds as nanoseconds in 64 bits; a time before 1970, or that is none, is 0: unknown. */
  time(field: number, seconds: number, nanoseconds: number): void {
    this.#tag(field, wire.eightBytes, 8);
    if (!(seconds >= 0)) {
      this.#words(0, 0);
      return;
    }
    // In parts, each of which a double can hold: the product of 1e9 and the upper bits, that of the lower ones.
    const upperSeconds = Math.floor(seconds / 65_536);
    const upper = upperSeconds * 1e9;
    const high = Math.floor(upper / 65_536);
    const lower = (seconds - upperSeconds * 65_536) * 1e9 + nanoseconds + (upper - high * 65_536) * 65_536;
    const carry = Math.floor(lower / twoTo32);
    this.#words(lower - carry * twoTo32, high + carry);
  }

  string(field: number, value: string): void {
    const { length } = value;
    this.reserve(length * 3 + 10);
    const at = putVarint(this.buffer, this.end, field * 8 + wire.delimited);
    const end = length > shortText ? -1 : putAscii(this.buffer, at, value);
    this.end = end === -1 ? putText(this.buffer, at, value) : end;
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, wire.delimited, 5);
    this.varint(value.length);
    this.raw(value);
  }

  /** Bytes that are given in hexadecimal digits, such as the id of a trace. */
  hex(field: number, value: string): void {
    this.#tag(field, wire.delimited, value.length + 5);
    this.end = putHex(this.buffer, this.end, value);
  }

  /** Two or four words of 32 bits as bytes, the most significant byte first: an id. */
  words(field: number, first: number, second: number, third?: number, fourth?: number): void {
    this.#tag(field, wire.delimited, 17);
    const view = this.view;
    const at = this.end;
    view.setInt32(at + 1, first);
    view.setInt32(at + 5, second);
    const isFour = third !== undefined && fourth !== undefined;
    if (isFour) {
      view.setInt32(at + 9, third);
      view.setInt32(at + 13, fourth);
    }
    const size = isFour ? 16 : 8;
    this.buffer[at] = size;
    this.end = at + 1 + size;
  }

  /** A message of its own. */
  message(field: number, write: () => void): void {
    const start = this.open(field);
    write();
    this.close(start);
  }

  /**
   * Begins a message, or a packed list: what is written until `close` belongs to it.
   *
   * @param lengthBytes how many bytes its length will need, probably
   * @returns where it begins, for `close`
   */
  open(field: number, lengthBytes = 1): number {
    this.#tag(field, wire.delimited, lengthBytes);
    this.end += lengthBytes;
    return this.end;
  }

  /** @param lengthBytes what `open` was given */
  close(start: number, lengthBytes = 1): void {
    const size = this.end - start;
    const needed = varintSize(size);
    if (needed !== lengthBytes) {
      this.reserve(needed);
      this.buffer.copyWithin(start - lengthBytes + needed, start, this.end);
    }
    this.end = putVarint(this.buffer, start - lengthBytes, size) + size;
  }

  /** A number alone: a member of a packed list, or how long what follows is. */
  varint(value: number): void {
    this.reserve(10);
    this.end = putVarint(this.buffer, this.end, value);
  }

  /** @param size how many bytes will follow at most */
  #tag(field: number, type: number, size: number): void {
    this.reserve(size + 5);
    this.end = putVarint(this.buffer, this.end, field * 8 + type);
  }

  #long(field: number, lowBits: number, highBits: number): void {
    this.#tag(field, wire.varint, 10);
    let low = lowBits;
    let high = highBits;
    while (high > 0 || low > 0x7f) {
      this.buffer[this.end++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.buffer[this.end++] = low;
  }

  #words(low: number, high: number): void {
    this.reserve(8);
    this.view.setUint32(this.end, low, true);
    this.view.setUint32(this.end + 4, high, true);
    this.end += 8;
  }
}
