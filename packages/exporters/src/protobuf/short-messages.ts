import { ByteBuffer } from './byte-buffer.ts';
import { type EncodedBytes, putEncodedBytes } from './encoded-bytes.ts';
import { putAscii, shortText } from './text.ts';
import { putVarint, varintSize } from './varint.ts';
import { wire } from './wire.ts';

/**
 * Writes the commonest messages of all here in one go. A method that gives false has written nothing, because a text is
 * long or not ASCII: that is left to others.
 */
export class ShortMessages extends ByteBuffer {
  /** Bytes that are written often. */
  piece(piece: EncodedBytes): void {
    this.reserve(piece.length + 3);
    this.end = putEncodedBytes(this.view, this.end, piece);
  }

  /** A message of one text. */
  textMessage(field: number, inner: number, value: string): boolean {
    if (value.length > shortText) return false;
    this.reserve(shortText + 10);
    const bytes = this.buffer;
    const at = putVarint(bytes, this.end, field * 8 + wire.delimited);
    const end = putTextMessage(bytes, at, inner, value);
    if (end === -1) return false;
    this.end = end;
    return true;
  }

  /** A message of a text as field 1, which is encoded already, and a message as field 2 that holds a text. */
  textPair(field: number, name: EncodedBytes, inner: number, value: string): boolean {
    const { length } = name;
    if (length > shortText || value.length > shortText) return false;
    this.reserve(2 * shortText + 14);
    const bytes = this.buffer;
    const start = putVarint(bytes, this.end, field * 8 + wire.delimited);
    const at = putName(bytes, this.view, start, name);
    const end = putTextMessage(bytes, at, inner, value);
    if (end === -1) return false;
    bytes[start] = end - start - 1;
    this.end = end;
    return true;
  }

  /** The same with a number in the place of the text: unsigned, of 31 bits. */
  numberPair(field: number, name: EncodedBytes, inner: number, value: number): boolean {
    const { length } = name;
    if (length > shortText) return false;
    this.reserve(shortText + 20);
    const bytes = this.buffer;
    const start = putVarint(bytes, this.end, field * 8 + wire.delimited);
    const at = putName(bytes, this.view, start, name);
    bytes[at] = 1 + varintSize(value);
    bytes[at + 1] = inner * 8 + wire.varint;
    const end = putVarint(bytes, at + 2, value);
    bytes[start] = end - start - 1;
    this.end = end;
    return true;
  }
}

/** Writes a name behind the place of a length, and the tag of field 2. */
function putName(bytes: Uint8Array, view: DataView, start: number, name: EncodedBytes): number {
  const at = putEncodedBytes(view, start + 1, name);
  bytes[at] = 2 * 8 + wire.delimited;
  return at + 1;
}

/** Writes a message of one short text behind its length, and gives the place behind it; -1 for one that is not ASCII. */
function putTextMessage(bytes: Uint8Array, start: number, inner: number, value: string): number {
  bytes[start] = value.length + 2;
  bytes[start + 1] = inner * 8 + wire.delimited;
  return putAscii(bytes, start + 2, value);
}
