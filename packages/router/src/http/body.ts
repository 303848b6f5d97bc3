import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import type { NodeRequest, NodeResponse } from './node-message.ts';
import { jsonType } from './reply.ts';
import { Problem, problem } from './problem.ts';
import { RouterError } from '../router-error.ts';

/** A request whose body can be read. */
export interface BodySource {
  readonly req: NodeRequest;
  readonly res: NodeResponse;
  readonly bodyLimitBytes: number;
  /** The bytes read so far. */
  requestBytes: number;
}

/** Declared body length in bytes; NaN for chunked bodies. */
export function contentLength({ headers }: IncomingMessage): number {
  return Number(headers['transfer-encoding'] ?? headers['content-length'] ?? 0);
}

/** The types of bodies that the router parses. */
export type BodyType = 'JSON' | 'form';

/**
 * The type of a body by its `content-type`. Undefined for a malformed field, so that it cannot pass for the type that it
 * resembles, and for charsets other than UTF-8.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type
 */
export function parseContentType(contentType = ''): BodyType | undefined {
  // Fast path: the usual spelling needs no parsing.
  if (contentType === jsonType) return 'JSON';
  try {
    const type = new MIMEType(contentType);
    // MIMEType skips malformed and repeated parameters.
    const strict = [...type.params].length === contentType.split(';').length - 1;
    if (!strict || (type.params.get('charset') ?? 'utf-8').toLowerCase() !== 'utf-8') return undefined;
    if (type.essence === jsonType || type.essence.endsWith('+json')) return 'JSON';
    if (['application/x-www-form-urlencoded', 'multipart/form-data'].includes(type.essence)) return 'form';
  } catch {
    // Malformed.
  }
  return undefined;
}

/** Parses JSON. Throws when it is malformed or has a `__proto__` key, which would pollute copies of the value. */
export function parseJson(bytes: Buffer): unknown {
  const text = String(bytes);
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

function checkLimit({ bodyLimitBytes }: BodySource, length: number): void {
  if (length > bodyLimitBytes) throw problem(413, `Request body exceeds ${bodyLimitBytes} bytes`);
}

const incomplete = (): Problem => problem(400, 'Incomplete request body');

/** `node:http2` ends the body of a reset stream as if it were complete. */
const isReset = ({ res }: BodySource): boolean => !!res.stream?.rstCode;

/** Yields the body as it arrives; throws 413 beyond the limit. */
export async function* readChunks(source: BodySource): AsyncGenerator<Uint8Array, void, void> {
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

/** Reads the complete body. Uses events, which cost less than iteration. */
export function readBytes(source: BodySource): Promise<Buffer> {
  const { req } = source;
  if (req.readableEnded && !isReset(source)) return fromParsedBody(source);
  return new Promise((resolve, reject) => {
    if (isReset(source)) throw incomplete();
    checkLimit(source, contentLength(req));
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
    req.on('close', fail);
  });
}

/** Recovers the body from the parsed `req.body` of a host framework. */
async function fromParsedBody({ req: { body, headers } }: BodySource): Promise<Buffer> {
  if (body instanceof Uint8Array || typeof body === 'string') return Buffer.from(body);
  if (body !== undefined && parseContentType(headers['content-type']) === 'JSON')
    return Buffer.from(JSON.stringify(body));
  throw consumed();
}
