import { printable } from '../../console/printable.ts';
import { ProtobufReader } from '../../protobuf/reader.ts';

const maxReasonLength = 200;

/** The `google.rpc.Status` of a failed request. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  /** The encoded details by type name, such as `google.rpc.RetryInfo`. */
  readonly details: ReadonlyMap<string, Buffer>;
}

/**
 * Returns the reason in the response to a failed request: the message of a `google.rpc.Status` in protocol buffers or
 * JSON, or plain text; `''` if there is none. Control characters are escaped, because the text is not trusted.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#failures-1
 */
export function rejectionReason(body: Buffer, contentType: string): string {
  if (body.length === 0) return '';
  try {
    if (contentType.includes('protobuf')) return shortText(parseRpcStatus(body).message);
    if (contentType.includes('json')) return shortText(jsonMessage(body));
  } catch {
    return '';
  }
  return contentType === '' || contentType.startsWith('text/plain') ? shortText(body.toString()) : '';
}

/** Parses a `google.rpc.Status`. @throws {RangeError} if it is malformed */
export function parseRpcStatus(bytes: Uint8Array): RpcStatus {
  const reader = new ProtobufReader(bytes);
  let code = 0;
  let message = '';
  const details = new Map<string, Buffer>();
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag();
    if (field === 1 && wireType === 0) code = Number(BigInt.asIntN(32, reader.varint()));
    else if (field === 2 && wireType === 2) message = reader.delimited().toString();
    else if (field === 3 && wireType === 2) details.set(...parseAny(reader.delimited()));
    else reader.skip(wireType);
  }
  return { code, message, details };
}

/** Parses a `google.protobuf.Any` into the type name without the domain, and the bytes. */
function parseAny(bytes: Uint8Array): [type: string, value: Buffer] {
  const reader = new ProtobufReader(bytes);
  let url = '';
  let value: Buffer = Buffer.alloc(0);
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag();
    if (field === 1 && wireType === 2) url = reader.delimited().toString();
    else if (field === 2 && wireType === 2) value = reader.delimited();
    else reader.skip(wireType);
  }
  return [url.slice(url.lastIndexOf('/') + 1), value];
}

function jsonMessage(body: Buffer): string {
  const { message } = JSON.parse(body.toString()) as { readonly message?: unknown };
  return typeof message === 'string' ? message : '';
}

/** Returns the first 200 characters of untrusted text, with control characters escaped. */
export function shortText(text: string): string {
  const trimmed = text.trim();
  // Replaces half of a surrogate pair at the end.
  const short = trimmed.length > maxReasonLength ? trimmed.slice(0, maxReasonLength).toWellFormed() : trimmed;
  return printable(short);
}
