import { validateHeaderName } from 'node:http';
import { jsonType } from './answer.ts';
import { problem, type Problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import { RouterError } from './router-error.ts';

/** Whether a text is a token: the characters that names in HTTP are made of. */
export function isToken(text: string): boolean {
  try {
    validateHeaderName(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * The `type/subtype` of a content-type, in lower case. Empty for anything malformed, which so cannot pass for a type
 * it resembles, and for text in another encoding than UTF-8.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type
 */
function essenceOf(contentType: string): string {
  const [full = '', ...parameters] = contentType.toLowerCase().split(';');
  const essence = full.trimEnd();
  const parts = essence.split('/');
  const fits = parameters.every((parameter) => {
    const [name = '', value] = parameter.trim().split('=', 2);
    return (
      isToken(name) && (name === 'charset' ? value?.replaceAll('"', '') === 'utf-8' : value !== undefined)
    );
  });
  return fits && parts.length === 2 && parts.every(isToken) ? essence : '';
}

/** Whether a content-type says JSON in UTF-8, the only encoding JSON has. */
export function isJson(contentType: string | undefined): boolean {
  // The usual spelling needs no parsing.
  if (contentType === jsonType) return true;
  const essence = essenceOf(contentType ?? '');
  return essence === jsonType || essence.endsWith('+json');
}

/** Whether a content-type is one of a form's. */
export function isForm(contentType: string): boolean {
  return ['application/x-www-form-urlencoded', 'multipart/form-data'].includes(essenceOf(contentType));
}

/** Parses JSON; 400 when it is malformed or carries a `__proto__` key, which would poison whoever copies it. */
export function parseJson(text: string): unknown {
  const suspect = text.includes('__proto__') || text.includes('\\u00');
  try {
    return JSON.parse(text, suspect ? refusePrototype : undefined);
  } catch {
    throw problem(400, 'The JSON is malformed');
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError();
  return value;
}

function tooLarge({ endpoint }: RequestContext): Problem {
  return problem(413, `The limit is ${endpoint.bodyLimitBytes} bytes`);
}

/** The error of a second reader. */
export function consumed(): RouterError {
  return new RouterError('SONDE_BODY_CONSUMED', 'The body was read before');
}

/** The body as it arrives, while it is within the limit; then it throws 413. */
export async function* readChunks(c: RequestContext): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of c.req.iterator({ destroyOnReturn: false })) {
    if ((c.requestBytes += chunk.length) > c.endpoint.bodyLimitBytes) throw tooLarge(c);
    yield chunk;
  }
}

/** The whole body. By events, which cost less than iteration. */
export function readBytes(c: RequestContext): Promise<Buffer> {
  const { req, endpoint } = c;
  if (req.readableEnded) return readBefore(c);
  if (Number(req.headers['content-length'] ?? 0) > endpoint.bodyLimitBytes)
    return Promise.reject(tooLarge(c));
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  const take = (chunk: Buffer): void => {
    chunks.push(chunk);
    if ((c.requestBytes += chunk.length) <= endpoint.bodyLimitBytes) return;
    req.off('data', take);
    reject(tooLarge(c));
  };
  req.on('data', take);
  req.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
  req.on('error', () => reject(problem(400, 'The body ended early')));
  return promise;
}

/** A host framework has read the body: what it made of JSON, text and raw bytes can be told back. */
async function readBefore({ req: { body, headers } }: RequestContext): Promise<Buffer> {
  if (body instanceof Uint8Array || typeof body === 'string') return Buffer.from(body);
  if (body !== undefined && isJson(headers['content-type'])) return Buffer.from(JSON.stringify(body));
  if (body === undefined && headers['content-length'] === undefined) return Buffer.alloc(0);
  throw consumed();
}
