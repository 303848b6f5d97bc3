import { createHash, timingSafeEqual } from 'node:crypto';

/** Who may read the page: a name with a password, or the bearer of a token. */
export type Authentication =
  | { readonly username: string; readonly password: string }
  | { readonly bearerToken: string };

/** Whether a value is one of the two forms. */
export function isAuthentication(value: unknown): value is Authentication {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const keys = [...fields.keys()].toSorted((a, b) => a.localeCompare(b)).join(' ');
  if (keys !== 'password username' && keys !== 'bearerToken') return false;
  return [...fields.values()].every((field) => typeof field === 'string' && field !== '');
}

/** Checks Authorization headers in a time that does not depend on how much of one is right. */
export class Authenticator {
  readonly #expected: Buffer;
  /** The value for `WWW-Authenticate`. */
  readonly challenge: string;

  constructor(authentication: Authentication) {
    if ('bearerToken' in authentication) {
      this.challenge = 'Bearer realm="metrics"';
      this.#expected = digest(`bearer ${authentication.bearerToken}`);
    } else {
      const { username, password } = authentication;
      this.challenge = 'Basic realm="metrics", charset="UTF-8"';
      this.#expected = digest(`basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
    }
  }

  verify(authorization: string | undefined): boolean {
    const header = authorization ?? '';
    const space = header.indexOf(' ');
    const scheme = header.slice(0, Math.max(0, space)).toLowerCase();
    return timingSafeEqual(digest(`${scheme} ${header.slice(space + 1).trim()}`), this.#expected);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
