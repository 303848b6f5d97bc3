import type { OtlpSignal } from '../signal.ts';

/**
 * The layout of a segment file, little-endian.
 *
 * Header, 32 bytes: magic (8), version (u16), zero (u16), endpoint key (8), nonce (8), CRC-32 of the preceding bytes.
 * Record: a header of 40 bytes, then the request. The header: state (u8, outside of the checksum), signal (u8), zero
 * (u16), length of the request (u32), items (u32), CRC-32 of the request (u32), time in ms (f64), nonce of the segment
 * (8), zero (u32), CRC-32 of the header from byte 1.
 */
const magic = 'SondeOTL';
export const formatVersion = 1;
export const segmentHeaderBytes = 32;
export const recordHeaderBytes = 40;

/** The two states differ in every bit, so that a flipped bit cannot mark a record as delivered. */
const waiting = 0x5a;
const delivered = 0xa5;
export const deliveredMark: Uint8Array = Uint8Array.of(delivered);

const signals: readonly OtlpSignal[] = ['traces', 'logs', 'metrics'];
const noncePosition = 24;
const nonceBytes = 8;

/** The header of a record. */
export interface RecordHeader {
  readonly isDelivered: boolean;
  readonly signal: OtlpSignal;
  readonly bodyBytes: number;
  readonly bodyChecksum: number;
  readonly itemCount: number;
  readonly createdMs: number;
}

/** Loaded on first use, because most programs have no spool. */
let crc32: ((bytes: Uint8Array) => number) | undefined;
export function checksum(bytes: Uint8Array): number {
  crc32 ??= process.getBuiltinModule('node:zlib').crc32;
  return crc32(bytes);
}

/** Creates a random nonce, so that no attribute value can imitate a record. */
export function createNonce(): Uint8Array {
  return process.getBuiltinModule('node:crypto').randomBytes(nonceBytes);
}

export function encodeSegmentHeader(endpoint: string, nonce: Uint8Array): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes);
  header.write(magic, 'latin1');
  header.writeUInt16LE(formatVersion, 8);
  header.write(endpoint, 12, 'hex');
  header.set(nonce, 20);
  header.writeUInt32LE(checksum(header.subarray(0, 28)), 28);
  return header;
}

/** Number of bytes at the start of a segment that `findNonce` needs. */
export const startBytes: number = segmentHeaderBytes + recordHeaderBytes;

/**
 * Returns the nonce of a segment from its header or, if that is damaged, from the first record. Undefined if both are
 * damaged, or if the version or the endpoint of the segment differs.
 */
export function findNonce(start: Buffer, endpoint: string): Buffer | undefined {
  const header = start.subarray(0, segmentHeaderBytes);
  if (header.length === segmentHeaderBytes && header.readUInt32LE(28) === checksum(header.subarray(0, 28))) {
    const isKnown =
      header.toString('latin1', 0, 8) === magic &&
      header.readUInt16LE(8) === formatVersion &&
      header.toString('hex', 12, 20) === endpoint;
    return isKnown ? header.subarray(20, 28) : undefined;
  }
  const record = start.subarray(segmentHeaderBytes);
  const nonce = record.subarray(noncePosition, noncePosition + nonceBytes);
  return decodeRecordHeader(record, nonce) && nonce;
}

export function encodeRecordHeader(
  record: {
    readonly signal: OtlpSignal;
    readonly body: Uint8Array;
    readonly itemCount: number;
    readonly createdMs: number;
  },
  nonce: Uint8Array,
): Buffer {
  const header = Buffer.alloc(recordHeaderBytes);
  header[0] = waiting;
  header[1] = signals.indexOf(record.signal) + 1;
  header.writeUInt32LE(record.body.length, 4);
  header.writeUInt32LE(record.itemCount, 8);
  header.writeUInt32LE(checksum(record.body), 12);
  header.writeDoubleLE(record.createdMs, 16);
  header.set(nonce, noncePosition);
  header.writeUInt32LE(checksum(header.subarray(1, 36)), 36);
  return header;
}

/** Decodes a record header; undefined if the bytes are not a record of the segment with this nonce. */
export function decodeRecordHeader(header: Buffer, nonce: Uint8Array): RecordHeader | undefined {
  if (header.length < recordHeaderBytes) return undefined;
  const signal = signals[(header[1] ?? 0) - 1];
  const isValid =
    signal !== undefined &&
    header.subarray(noncePosition, noncePosition + nonceBytes).equals(nonce) &&
    header.readUInt32LE(36) === checksum(header.subarray(1, 36));
  if (!isValid) return undefined;
  return {
    isDelivered: header[0] === delivered,
    signal,
    bodyBytes: header.readUInt32LE(4),
    itemCount: header.readUInt32LE(8),
    bodyChecksum: header.readUInt32LE(12),
    createdMs: header.readDoubleLE(16),
  };
}

/** Returns the position of the first record header in `bytes` at or after `from`; -1 if there is none. */
export function findRecord(bytes: Buffer, nonce: Uint8Array, from: number): number {
  for (let at = from + noncePosition; ; at++) {
    at = bytes.indexOf(nonce, at);
    if (at === -1) return -1;
    const start = at - noncePosition;
    if (decodeRecordHeader(bytes.subarray(start, start + recordHeaderBytes), nonce) !== undefined)
      return start;
  }
}
