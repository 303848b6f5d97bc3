import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import { jsonType } from './answer.ts';
import { problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import { RouterError } from './router-error.ts';

/**
 * The `type/subtype` of a content-type, in lower case. Empty for anything malformed, which so cannot pass for a type
 * it resembles, and for text in another encoding than UTF-8.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type
 */
function essenceOf(contentType = ''): string {
  // The usual spelling needs no parsing.
  if (contentType === jsonType) return jsonType;
  try {
    const { essence, params } = new MIMEType(contentType);
    // The parser skips what it does not understand or has seen before.
    const strict = [...params].length === contentType.split(';').length - 1;
    return strict && (params.get('charset') ?? 'utf-8').toLowerCase() === 'utf-8' ? essence : '';
  } catch {
    return '';
  }
}

/** Whether a content-type says JSON in UTF-8, the only encoding JSON has. */
export function isJson(contentType: string | undefined): boolean {
  const essence = essenceOf(contentType);
  return essence === jsonType || essence.endsWith('+json');
}

/** Whether a content-type is one of a form's. */
export function isForm(contentType: string | undefined): boolean {
  return ['application/x-www-form-urlencoded', 'multipart/form-data'].includes(essenceOf(contentType));
}

/** Parses JSON; throws when it is malformed or carries a `__proto__` key, which would poison whoever copies it. */
export function parseJson(text: string): unknown {
  const suspect = text.includes('__proto__') || text.includes('\\u00');
  return JSON.parse(text, suspect ? refusePrototype : undefined);
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError();
  return value;
}

/** The error of a second reader. */
export function consumed(): RouterError {
  return new RouterError('SONDE_BODY_CONSUMED', 'The body was read before');
}

/** How long a body is going to be; nothing that counts when it does not say. */
export function lengthOf({ headers }: IncomingMessage): number {
  return headers['transfer-encoding'] ? NaN : Number(headers['content-length'] ?? 0);
}

/** Throws 413 when so many bytes are beyond the limit. */
function limit({ endpoint }: RequestContext, length: number): void {
  const { bodyLimitBytes } = endpoint;
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
    const take = (chunk: Buffer): void => {
      try {
        limit(c, (c.requestBytes += chunk.length));
        chunks.push(chunk);
      } catch (error) {
        req.off('data', take);
        reject(error);
      }
    };
    req.on('data', take);
    req.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    req.on('error', () => reject(problem(400, 'The body ended early')));
  });
}

/** A host framework has read the body: what it made of JSON, text and raw bytes can be told back. */
async function readBefore({ req: { body, headers } }: RequestContext): Promise<Buffer> {
  if (body instanceof Uint8Array || typeof body === 'string') return Buffer.from(body);
  if (body !== undefined && isJson(headers['content-type'])) return Buffer.from(JSON.stringify(body));
  throw consumed();
}
