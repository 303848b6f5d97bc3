import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import type { NodeRequest, NodeResponse } from './node-message.ts';
import { jsonType, reply } from './reply.ts';
import { Problem, problem } from './problem.ts';
import { RouterError } from '../router-error.ts';

/** A request whose body can be read. */
export interface BodySource {
  readonly req: NodeRequest;
  readonly res: NodeResponse;
  readonly bodyLimitBytes: number;
  /** The bytes read so far. */
  requestBytes: number;
  readonly connection: {
    /** Whether the client waits for `100 Continue` before it sends the body. */
    expectsContinue?: boolean;
  };
}

/** Declared body length in bytes; NaN for chunked bodies. */
export function contentLength({ headers }: IncomingMessage): number {
  return Number(headers['transfer-encoding'] ?? headers['content-length'] ?? 0);
}

/** The types of bodies that the router parses. */
export type BodyType = 'JSON' | 'form';

const token = "[!#$%&'*+.^`|~\\w-]+";
const parameter = `charset="?(?:utf-?8|us-ascii)"?|(?!charset=)${token}=(?:${token}|"(?:[^"\\\\]|\\\\.)*")`;
const mediaType = new RegExp(
  `^(?:(application/json|${token}/${token}\\+json)|application/x-www-form-urlencoded|multipart/form-data)` +
    `(?:[ \\t]*;(?:[ \\t]*(?:${parameter}))?)*[ \\t]*$`,
  'i',
);

/**
 * The type of a body by its `content-type`. Undefined for a malformed field, so that it cannot pass for the type that it
 * resembles, and for charsets other than UTF-8 and its subset ASCII.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type
 */
export function parseContentType(contentType = ''): BodyType | undefined {
  // Fast path: the usual spelling needs no parsing.
  if (contentType === jsonType) return 'JSON';
  const match = mediaType.exec(contentType);
  return match ? (match[1] ? 'JSON' : 'form') : undefined;
}

/** Decodes UTF-8 without a byte order mark. */
export const decodeText = (bytes: Buffer): string => String(bytes).replace(/^\uFEFF/, '');

/** Parses JSON. Throws when it is malformed or has a `__proto__` key, which would pollute copies of the value. */
export function parseJson(bytes: Buffer): unknown {
  const text = decodeText(bytes);
  const suspect = text.includes('__proto__') || text.includes('\\u00');
  return JSON.parse(text, suspect ? rejectPrototype : undefined);
}

function rejectPrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError();
  return value;
}

/** The error for a second reader. */
export function consumed(): RouterError {
  return new RouterError('SONDE_BODY_CONSUMED', 'Request body already read');
}

/** Throws 413 beyond the limit. */
function checkLimit({ bodyLimitBytes }: BodySource, length: number): void {
  if (length > bodyLimitBytes) throw problem(413, `Request body exceeds ${bodyLimitBytes} bytes`);
}

const incomplete = (): Problem => problem(400, 'Incomplete request body');

/** `node:http2` ends the body of a reset stream as if it were complete. */
const isReset = ({ res }: BodySource): boolean => !!res.stream?.rstCode;

/** The coding of a body; undefined when it has none, or when a host framework has decoded it. */
function contentCoding({ req }: BodySource): string | undefined {
  const coding = req.headers['content-encoding']?.trim().toLowerCase();
  return coding === 'identity' ? undefined : coding;
}

/** Invites the client to send the body. */
function sendContinue({ connection, res }: BodySource): void {
  if (!connection.expectsContinue) return;
  connection.expectsContinue = false;
  res.writeContinue();
}

/**
 * Yields the decoded body as it arrives. Throws 413 beyond the limit, 400 when the coding is malformed, and 415 with
 * `accept-encoding` for an unknown coding or several of them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16
 */
export async function* readChunks(source: BodySource): AsyncGenerator<Uint8Array, void, void> {
  const coding = contentCoding(source);
  if (!coding) {
    yield* readCoded(source);
    return;
  }
  // Few requests are coded: Node.js loads the decoders for the first one.
  const { decoders } = await import('./decoders.ts');
  const createDecoder = decoders.get(coding);
  if (!createDecoder) {
    // oxlint-disable-next-line typescript/only-throw-error -- a reply is thrown like a problem
    throw reply(problem(415, 'Unknown content coding'), {
      headers: { 'accept-encoding': [...decoders.keys()].join(', ') },
    });
  }
  let length = 0;
  try {
    // The iteration throws the error of the pipeline.
    for await (const chunk of pipeline(readCoded(source), createDecoder(), () => {})) {
      checkLimit(source, (length += (chunk as Buffer).length));
      yield chunk as Buffer;
    }
  } catch (error) {
    throw error instanceof Problem ? error : problem(400, `Malformed ${coding} body`);
  }
}

async function* readCoded(source: BodySource): AsyncGenerator<Uint8Array, void, void> {
  checkLimit(source, contentLength(source.req));
  sendContinue(source);
  try {
    for await (const chunk of source.req.iterator({ destroyOnReturn: false })) {
      checkLimit(source, (source.requestBytes += chunk.length));
      yield chunk;
    }
    if (isReset(source)) throw incomplete();
  } catch (error) {
    throw error instanceof Problem ? error : incomplete();
  }
}

async function concat(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return Buffer.concat(list);
}

/** Reads the complete body. Uses events, which cost less than iteration. */
export function readBytes(source: BodySource): Promise<Buffer> {
  const { req } = source;
  if (req.readableEnded && !isReset(source)) return fromParsedBody(source);
  if (contentCoding(source)) return concat(readChunks(source));
  return new Promise((resolve, reject) => {
    if (isReset(source)) throw incomplete();
    checkLimit(source, contentLength(req));
    sendContinue(source);
    const chunks: Buffer[] = [];
    const add = (chunk: Buffer): void => {
      try {
        checkLimit(source, (source.requestBytes += chunk.length));
        chunks.push(chunk);
      } catch (error) {
        reject(error);
      }
    };
    const end = (): void =>
      isReset(source) ? fail() : resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    const fail = (): void => reject(incomplete());
    if (req.destroyed) {
      // A destroyed request emits no events, but a complete body is still buffered.
      if (!req.complete) return fail();
      for (let chunk; (chunk = req.read() as Buffer | null);) add(chunk);
      return end();
    }
    req.on('data', add);
    req.on('end', end);
    req.on('error', fail);
    // An error costs its stack: create none for a body that is complete.
    req.on('close', () => req.readableEnded || fail());
  });
}

/** Recovers the body from the parsed `req.body` of a host framework. */
async function fromParsedBody({ req: { body, headers } }: BodySource): Promise<Buffer> {
  if (body instanceof Uint8Array || typeof body === 'string') return Buffer.from(body);
  if (body !== undefined && parseContentType(headers['content-type']) === 'JSON')
    return Buffer.from(JSON.stringify(body));
  throw consumed();
}
