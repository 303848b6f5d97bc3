import { createHash, timingSafeEqual } from 'node:crypto';

/** Credentials of the Prometheus endpoint: basic authentication or a bearer token. */
export type Authentication =
  | { readonly username: string; readonly password: string }
  | { readonly bearerToken: string };

/** Whether a value is valid as {@link Authentication}. */
export function isAuthentication(value: unknown): value is Authentication {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const keys = [...fields.keys()].toSorted((a, b) => a.localeCompare(b)).join(' ');
  if (keys !== 'password username' && keys !== 'bearerToken') return false;
  return [...fields.values()].every((field) => typeof field === 'string' && field !== '');
}

/** Verifies Authorization headers in constant time. */
export class Authenticator {
  readonly #expected: Buffer;
  /** The value of the `WWW-Authenticate` header. */
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
