import { problem } from './problem.ts';

export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  readonly charset: string | undefined;
}

/**
 * Reads a content-type strictly: anything malformed is undefined, and so cannot pass for a type it resembles.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-media-type
 */
export function parseMediaType(value: string): MediaType | undefined {
  const [essence = '', ...parameters] = value.split(';');
  const [type = '', subtype = '', ...more] = essence.trimEnd().split('/');
  if (more.length > 0 || !isToken(type) || !isToken(subtype)) return undefined;
  let charset: string | undefined;
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=');
    const name = parameter.slice(0, equals).trim().toLowerCase();
    if (parameter.trim() === '') continue;
    if (equals === -1 || !isToken(name)) return undefined;
    if (name !== 'charset') continue;
    if (charset !== undefined) return undefined;
    charset = parameter
      .slice(equals + 1)
      .trim()
      .replaceAll('"', '')
      .toLowerCase();
  }
  return { essence: `${type}/${subtype}`.toLowerCase(), charset };
}

/** Whether a text is a token: the characters that RFC 9110 allows in names. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

export function isJson(type: MediaType | undefined): boolean {
  if (type === undefined || (type.charset !== undefined && type.charset !== 'utf-8')) return false;
  return type.essence === 'application/json' || type.essence.endsWith('+json');
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
