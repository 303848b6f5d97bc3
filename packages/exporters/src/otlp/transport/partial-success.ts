import { ProtobufReader } from '../../protobuf/reader.ts';

/** What a receiver that accepted a request says of it. */
export interface PartialSuccess {
  /** How many items it did not take. */
  readonly rejected: number;
  /** Its reason, or a warning when it took all. */
  readonly message: string;
}

const none: PartialSuccess = { rejected: 0, message: '' };
const maxMessageLength = 300;

/**
 * Reads the answer to a request. What cannot be read is passed over: the request was accepted.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#partial-success-1
 */
export function parsePartialSuccess(body: Buffer, contentType: string): PartialSuccess {
  if (body.length === 0) return none;
  try {
    const { rejected, message } = contentType.includes('json') ? parseJson(body) : parseProtobuf(body);
    return { rejected, message: singleLine(message) };
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
    if (field === 1 && wireType === 0) rejected = Number(reader.varint());
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

/** Somebody else's text, on one line and without control characters. */
function singleLine(text: string): string {
  const characters = Array.from(text.slice(0, maxMessageLength), (each) =>
    each < ' ' || each === '\u007f' ? ' ' : each,
  );
  return characters.join('');
}
