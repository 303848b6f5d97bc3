import { grpcStatusNames } from '@sonde/sdk';

import { ProtobufReader } from '../../protobuf/reader.ts';
import type { SendOutcome } from '../queue/transport.ts';
import { OtlpExportError } from './export-error.ts';
import { parseRpcStatus, shortText } from './rejection-reason.ts';

/** The status of a call, from the receiver or the gRPC library. */
export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  /** The `google.rpc.Status` in the trailer `grpc-status-details-bin`. */
  readonly statusDetails: Uint8Array | undefined;
}

type CodeName = (typeof grpcStatusNames)[number];

/**
 * The statuses that are not permanent failures, except RESOURCE_EXHAUSTED, which is retryable only with RetryInfo.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#failures
 */
const classes: Readonly<Partial<Record<CodeName, 'retryable' | 'unauthorized'>>> = {
  CANCELLED: 'retryable',
  DEADLINE_EXCEEDED: 'retryable',
  ABORTED: 'retryable',
  OUT_OF_RANGE: 'retryable',
  UNAVAILABLE: 'retryable',
  DATA_LOSS: 'retryable',
  // The receiver rejects the credentials, which may be renewed.
  PERMISSION_DENIED: 'unauthorized',
  UNAUTHENTICATED: 'unauthorized',
};

/** Matches the messages of gRPC servers in different languages for a request that is too large. */
const tooLarge = /larger than max|exceeds (the )?max|length too large|message too large/i;
/** Matches the messages of the library for a failed or lost connection, which end with the last error. */
const noConnection =
  /^(?:No connection established|Name resolution failed|Connection dropped|(?:read|write|connect) E)/i;
/** Matches the message of the library for a response that exceeds the limit of the transport. */
const responseTooLarge = /^Received message larger than max \((\d+) vs/;

/**
 * Returns the outcome of a failed call.
 *
 * @param sentBytes the size of the request, in bytes
 */
export function interpretGrpcStatus(status: GrpcStatus, sentBytes: number): SendOutcome {
  const name = grpcStatusNames[status.code] ?? 'UNKNOWN';
  if (name === 'RESOURCE_EXHAUSTED' || name === 'OUT_OF_RANGE') {
    const [, responseBytes] = responseTooLarge.exec(status.details) ?? [];
    if (Number(responseBytes) > sentBytes) return { status: 'accepted', rejectedCount: 0, message: '' };
    if (tooLarge.test(status.details)) return { status: 'too-large', error: refused(name, status) };
  }
  if (name === 'UNAVAILABLE' && noConnection.test(status.details)) {
    return { status: 'retryable', error: connectionError(status.details) };
  }
  const error = refused(name, status);
  const retryAfterMs = retryDelayMs(status.statusDetails);
  const statusClass =
    name === 'RESOURCE_EXHAUSTED' && retryAfterMs !== undefined ? 'retryable' : classes[name];
  if (statusClass === 'unauthorized') return { status: 'retryable', error, isUnauthorized: true };
  return statusClass === 'retryable'
    ? { status: 'retryable', error, retryAfterMs }
    : { status: 'permanent', error };
}

function refused(name: CodeName, { details }: GrpcStatus): OtlpExportError {
  const reason = shortText(details);
  return new OtlpExportError('SONDE_OTLP_REFUSED', `gRPC ${name}${reason === '' ? '' : `: ${reason}`}`);
}

/** Extracts the connection error from the message of the library: `connect ECONNREFUSED 127.0.0.1:4317`. */
function connectionError(details: string): OtlpExportError {
  const [, last = details] = /Last error: (?:Error: )?(.*)$/is.exec(details) ?? [];
  const message = shortText(
    last.replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, '').replace(/\. Resolution note:.*$/s, ''),
  );
  const [code] = /\b(?:E[A-Z]{3,}|EAI_[A-Z]+)\b/.exec(message) ?? [];
  const cause = code === undefined ? undefined : Object.assign(new Error(message), { code });
  return new OtlpExportError('SONDE_OTLP_CONNECTION', message, { cause });
}

/** Returns the delay in `google.rpc.RetryInfo`; undefined if there is none. */
function retryDelayMs(statusDetails: Uint8Array | undefined): number | undefined {
  if (statusDetails === undefined) return undefined;
  try {
    const retryInfo = parseRpcStatus(statusDetails).details.get('google.rpc.RetryInfo');
    if (retryInfo === undefined) return undefined;
    const reader = new ProtobufReader(retryInfo);
    let delayMs = 0;
    while (!reader.isAtEnd) {
      const { field, wireType } = reader.tag();
      if (field === 1 && wireType === 2) delayMs = parseDurationMs(reader.delimited());
      else reader.skip(wireType);
    }
    return Math.max(0, delayMs);
  } catch {
    return undefined;
  }
}

/** Parses a `google.protobuf.Duration`. */
function parseDurationMs(bytes: Uint8Array): number {
  const reader = new ProtobufReader(bytes);
  let durationMs = 0;
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag();
    if (field === 1 && wireType === 0) durationMs += Number(BigInt.asIntN(64, reader.varint())) * 1000;
    else if (field === 2 && wireType === 0) durationMs += Number(BigInt.asIntN(32, reader.varint())) / 1e6;
    else reader.skip(wireType);
  }
  return durationMs;
}
