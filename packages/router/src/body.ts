import { parseMediaType } from './media-type.ts';
import { Problem, problem } from './problem.ts';

/** The media types of forms. */
export const form: readonly unknown[] = ['application/x-www-form-urlencoded', 'multipart/form-data'];

/** The media type that a content-type names, without parameters; undefined when it is malformed. */
export function essenceOf(contentType: string | undefined): string | undefined {
  return contentType === undefined ? undefined : parseMediaType(contentType)?.essence;
}

/** Whether a content-type says JSON in UTF-8, the only encoding JSON has. */
export function isJson(contentType: string | undefined): boolean {
  // The usual spelling needs no parsing.
  if (contentType === 'application/json') return true;
  const type = contentType === undefined ? undefined : parseMediaType(contentType);
  if (type === undefined || (type.charset !== undefined && type.charset !== 'utf-8')) return false;
  return type.essence === 'application/json' || type.essence.endsWith('+json');
}

/** UTF-8 as text. */
export function textOf(bytes: Uint8Array): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes);
  return buffer.toString();
}

/** Parses JSON; 400 when it is malformed or carries a `__proto__` key, which would poison whoever copies it. */
export function parseJson(text: string): unknown {
  const suspect = text.includes('__proto__') || text.includes('\\u00');
  try {
    return JSON.parse(text, suspect ? refusePrototype : undefined);
  } catch {
    throw problem(400, 'The body is not well-formed JSON');
  }
}

function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('__proto__');
  return value;
}

/** The answer to a body beyond the limit. */
export function tooLarge(limitBytes: number): Problem {
  return new Problem(413, `The body is larger than ${limitBytes} bytes`);
}

/** Passes the bytes on while they are within the limit, then throws 413. `count` learns how many there were. */
export async function* limited(
  chunks: AsyncIterable<Uint8Array>,
  limitBytes: number,
  count: (length: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.byteLength;
    if (length > limitBytes) throw tooLarge(limitBytes);
    count(length);
    yield chunk;
  }
}
