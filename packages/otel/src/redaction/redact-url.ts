import type { SensitiveKeys } from './sensitive-keys.ts';

/** Decides which query parameters are secret. */
export type QueryNames = Pick<SensitiveKeys, 'hasQueryMember'>;

/** The replacement of a secret. */
export const redacted = 'REDACTED';

const maxNesting = 2;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Whether a value is a percent-encoded URL or query string that contains a secret. */
function hidesSecret(value: string, names: QueryNames, nesting: number): boolean {
  if (!value.includes('%')) return false;
  if (nesting >= maxNesting) return true;
  const inner = decoded(value);
  return redactUrl(inner, names, nesting + 1) !== inner || redactQuery(inner, names, nesting + 1) !== inner;
}

function redactQueryMember(member: string, names: QueryNames, nesting: number): string {
  const equals = member.indexOf('=');
  if (equals === -1 || equals === member.length - 1) return member;
  const name = member.slice(0, equals);
  const isSecret =
    names.hasQueryMember(decoded(name)) || hidesSecret(member.slice(equals + 1), names, nesting);
  return isSecret ? `${name}=${redacted}` : member;
}

/** Creates a lookup table of ASCII characters. */
function createMarks(characters: string): Uint8Array {
  const marks = new Uint8Array(128);
  for (const character of characters) marks[character.charCodeAt(0)] = 1;
  return marks;
}

const memberDelimiters = createMarks('&;?#');
const authorityDelimiters = createMarks('/?#');
const pathDelimiters = createMarks('?#');
const urlTerminators = createMarks(' \t\r\n"\'`<>');

/** The index of the first marked character, or the length of the text. */
function indexOfAny(text: string, marks: Uint8Array, from: number): number {
  let index = from;
  while (index < text.length && marks[text.charCodeAt(index)] !== 1) index++;
  return index;
}

/**
 * Redacts the values of secret parameters in a query string, in linear time. The rest is unchanged.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/
 */
export function redactQuery(query: string, names: QueryNames, nesting: number = 0): string {
  if (!query.includes('=')) return query;
  let result = '';
  for (let start = 0; start < query.length;) {
    const end = indexOfAny(query, memberDelimiters, start);
    result += redactQueryMember(query.slice(start, end), names, nesting) + query.slice(end, end + 1);
    start = end + 1;
  }
  return result;
}

/** The index of the `@` that ends the credentials of the authority at `start`; -1 if there are none. */
function endOfCredentials(url: string, start: number): number {
  const end = indexOfAny(url, authorityDelimiters, start);
  const at = url.lastIndexOf('@', end - 1);
  if (at >= start) return at;
  // An unencoded slash in a password ends the authority early: its first part then looks like a non-numeric port.
  const colon = url.indexOf(':', start);
  if (colon === -1 || colon >= end || url.startsWith('[', start)) return -1;
  const port = url.slice(colon + 1, end);
  return port === '' || Number.isNaN(Number(port)) ? url.indexOf('@', end) : -1;
}

function redactAuthority(url: string): string {
  const scheme = url.indexOf('://');
  const start = scheme === -1 ? (url.startsWith('//') ? 2 : -1) : scheme + 3;
  if (start === -1) return url;
  const at = endOfCredentials(url, start);
  if (at === -1) return url;
  const hasPassword = url.slice(start, at).includes(':');
  return `${url.slice(0, start)}${hasPassword ? `${redacted}:${redacted}` : redacted}${url.slice(at)}`;
}

/** Redacts the credentials and the secret query and fragment parameters of an absolute or relative URL. */
export function redactUrl(url: string, names: QueryNames, nesting: number = 0): string {
  const whole = redactAuthority(url);
  const path = indexOfAny(whole, pathDelimiters, 0);
  return whole.slice(0, path) + redactQuery(whole.slice(path), names, nesting);
}

/** Redacts all absolute URLs in a text. */
export function redactText(text: string, names: QueryNames): string {
  let mark = text.indexOf('://');
  if (mark === -1) return text;
  let result = '';
  let done = 0;
  while (mark !== -1) {
    const end = indexOfAny(text, urlTerminators, mark);
    result += text.slice(done, mark) + redactUrl(text.slice(mark, end), names);
    done = end;
    mark = text.indexOf('://', end);
  }
  return result + text.slice(done);
}
