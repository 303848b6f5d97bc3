import { ProtobufReader } from '../../protobuf/reader.ts';
import { shortText } from './rejection-reason.ts';

/** The partial success in the response to an accepted request. */
export interface PartialSuccess {
  /** Number of rejected items. */
  readonly rejected: number;
  /** The reason, or a warning if all items were accepted. */
  readonly message: string;
}

const none: PartialSuccess = { rejected: 0, message: '' };

/**
 * Parses the response to an accepted request. A malformed body is ignored.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#partial-success-1
 */
export function parsePartialSuccess(body: Buffer, contentType: string): PartialSuccess {
  if (body.length === 0) return none;
  try {
    const { rejected, message } = contentType.includes('json') ? parseJson(body) : parseProtobuf(body);
    return { rejected: Math.max(0, rejected), message: shortText(message) };
  } catch {
    return none;
  }
}

function parseProtobuf(body: Buffer): PartialSuccess {
  const reader = new ProtobufReader(body);
  let partial: Buffer | undefined;
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag();
    if (field === 1 && wireType === 2) partial = reader.delimited();
    else reader.skip(wireType);
  }
  return partial === undefined ? none : parseMessage(partial);
}

function parseMessage(body: Buffer): PartialSuccess {
  const reader = new ProtobufReader(body);
  let { rejected, message } = none;
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag();
    if (field === 1 && wireType === 0) rejected = Number(BigInt.asIntN(64, reader.varint()));
    else if (field === 2 && wireType === 2) message = reader.delimited().toString();
    else reader.skip(wireType);
  }
  return { rejected, message };
}

function parseJson(body: Buffer): PartialSuccess {
  const { partialSuccess: partial } = JSON.parse(body.toString()) as {
    partialSuccess?: Readonly<Record<string, unknown>>;
  };
  if (partial === undefined) return none;
  const rejected = Object.entries(partial).find(([name]) => name.startsWith('rejected'))?.[1];
  const { errorMessage: message } = partial;
  return { rejected: Number(rejected ?? 0) || 0, message: typeof message === 'string' ? message : '' };
}
