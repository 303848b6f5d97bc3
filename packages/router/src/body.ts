import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import { jsonType } from './answer.ts';
import { problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import { RouterError } from './router-error.ts';

/** How long a body is going to be; nothing that counts when it does not say. */
export function lengthOf({ headers }: IncomingMessage): number {
  return Number(headers['transfer-encoding'] ?? headers['content-length'] ?? 0);
}

/** The kinds of bodies that are parsed. */
export type Kind = 'JSON' | 'form';

/**
 * What a content-type says the body is. Nothing for anything malformed, which so cannot pass for a type it resembles,
 * and for text in another encoding than UTF-8.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type
 */
export function kindOf(contentType = ''): Kind | undefined {
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

/** The body as it arrives, while it is within the limit; then it throws 413. */
export async function* readChunks(c: RequestContext): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of c.req.iterator({ destroyOnReturn: false })) {
    limit(c, (c.requestBytes += chunk.length));
    yield chunk;
  }
}

/** The whole body. By events, which cost less than iteration. */
export function readBytes(c: RequestContext): Promise<Buffer> {
  const { req } = c;
  if (req.readableEnded) return readBefore(c);
  return new Promise((resolve, reject) => {
    limit(c, lengthOf(req));
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => {
      try {
        limit(c, (c.requestBytes += chunk.length));
        chunks.push(chunk);
      } catch (error) {
        reject(error);
      }
    });
    req.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    req.on('error', () => reject(problem(400, 'The body ended early')));
  });
}

/** A host framework has read the body: what it made of JSON, text and raw bytes can be told back. */
async function readBefore({ req: { body, headers } }: RequestContext): Promise<Buffer> {
  if (body instanceof Uint8Array || typeof body === 'string') return Buffer.from(body);
  if (body !== undefined && kindOf(headers['content-type']) === 'JSON')
    return Buffer.from(JSON.stringify(body));
  throw consumed();
}
