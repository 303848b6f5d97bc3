import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import { jsonType } from './reply.ts';
import { Problem, problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import { RouterError } from '../router-error.ts';

/** How long a body is going to be; nothing that counts when it does not say. */
export function contentLength({ headers }: IncomingMessage): number {
  return Number(headers['transfer-encoding'] ?? headers['content-length'] ?? 0);
}

/** The kinds of bodies that are parsed. */
export type BodyType = 'JSON' | 'form';

/**
 * What a content-type says the body is. Nothing for anything malformed, which so cannot pass for a type it resembles,
 * and for text in another encoding than UTF-8.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type
 */
export function parseContentType(contentType = ''): BodyType | undefined {
  // The usual spelling needs no parsing.
  if (contentType === jsonType) return 'JSON';
  try {
    const type = new MIMEType(contentType);
    // The parser skips what it does not understand or has seen before.
    const strict = [...type.params].length === contentType.split(';').length - 1;
    if (!strict || (type.params.get('charset') ?? 'utf-8').toLowerCase() !== 'utf-8') return undefined;
    if (type.essence === jsonType || type.essence.endsWith('+json')) return 'JSON';
    if (['application/x-www-form-urlencoded', 'multipart/form-data'].includes(type.essence)) return 'form';
  } catch {
    // Malformed.
  }
  return undefined;
}

/** Parses JSON; throws when it is malformed or carries a `__proto__` key, which would poison whoever copies it. */
export function parseJson(bytes: Buffer): unknown {
  const text = String(bytes);
  const suspect = text.includes('__proto__') || text.includes('\\u00');
  return JSON.parse(text, suspect ? refusePrototype : undefined);
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError();
  return value;
}

/** The error of a second reader. */
export function consumed(): RouterError {
  return new RouterError('SONDE_BODY_CONSUMED', 'The body was read');
}

/** Throws 413 when so many bytes are beyond the limit. */
function limit({ bodyLimitBytes }: RequestContext, length: number): void {
  if (length > bodyLimitBytes) throw problem(413, `The limit is ${bodyLimitBytes} bytes`);
}

/** The error of a reader whose client went away before the body was whole. */
const brokenOff = (): Problem => problem(400, 'The client went away before the body was whole');

/** http2 ends the body of a stream that was reset as if it were whole. */
const isReset = ({ res }: RequestContext): boolean => !!res.stream?.rstCode;

/** The body as it arrives, while it is within the limit; then it throws 413. */
export async function* readChunks(c: RequestContext): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const chunk of c.req.iterator({ destroyOnReturn: false })) {
      limit(c, (c.requestBytes += chunk.length));
      yield chunk;
    }
    if (isReset(c)) throw brokenOff();
  } catch (error) {
    throw error instanceof Problem ? error : brokenOff();
  }
}

/** The whole body. By events, which cost less than iteration. */
export function readBytes(c: RequestContext): Promise<Buffer> {
  const { req } = c;
  if (req.readableEnded && !isReset(c)) return fromParsedBody(c);
  return new Promise((resolve, reject) => {
    if (isReset(c)) throw brokenOff();
    limit(c, contentLength(req));
    const chunks: Buffer[] = [];
    const add = (chunk: Buffer): void => {
      try {
        limit(c, (c.requestBytes += chunk.length));
        chunks.push(chunk);
      } catch (error) {
        reject(error);
      }
    };
    const end = (): void =>
      isReset(c) ? fail() : resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    const fail = (): void => reject(brokenOff());
    if (req.destroyed) {
      // No more events come, but a body that had come whole is still there.
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

/** A host framework has read the body: what it made of JSON, text and raw bytes can be told back. */
async function fromParsedBody({ req: { body, headers } }: RequestContext): Promise<Buffer> {
  if (body instanceof Uint8Array || typeof body === 'string') return Buffer.from(body);
  if (body !== undefined && parseContentType(headers['content-type']) === 'JSON')
    return Buffer.from(JSON.stringify(body));
  throw consumed();
}
