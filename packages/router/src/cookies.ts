import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from './http/context.ts';
import { unexpected } from './router-error.ts';

/** Attributes of a cookie. */
export interface CookieOptions {
  /** Lifetime in seconds; undefined means until the browser is closed. */
  readonly maxAgeSeconds?: number;
  /** @default '/' */
  readonly path?: string;
  readonly domain?: string;
  /** Whether scripts cannot read the cookie. @default true */
  readonly httpOnly?: boolean;
  /** Whether browsers send the cookie over HTTPS only. @default true */
  readonly secure?: boolean;
  /** @default 'lax' */
  readonly sameSite?: 'strict' | 'lax' | 'none';
  readonly partitioned?: boolean;
}

/** A context of any route. */
type AnyContext = Pick<Context, 'header'> & { readonly headers: unknown };

const nameOrValue = /^[!#-+\--:<-[\]-~]*$/;

function decode(value: string): string {
  try {
    return decodeURIComponent(value.replace(/^"(.*)"$/, '$1'));
  } catch {
    return value;
  }
}

/**
 * Reads the cookies of a request, percent-decoded. The first cookie of a name counts: it has the longest path.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6265
 *
 * @example
 * ```ts
 * import { createRouter } from '@sonde/router';
 * import { getCookies, setCookie } from '@sonde/router/cookies';
 *
 * createRouter().get('/', (c) => {
 *   setCookie(c, 'seen', '1', { maxAgeSeconds: 3600 });
 *   return getCookies(c)['seen'] ? 'again' : 'welcome';
 * });
 * ```
 */
export function getCookies({ headers }: AnyContext): Readonly<Record<string, string | undefined>> {
  const cookies: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const pair of ((headers as { cookie?: string }).cookie ?? '').split(';')) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0)).trim();
    if (name && !(name in cookies)) cookies[name] = decode(pair.slice(equals + 1).trim());
  }
  return cookies;
}

/**
 * Sets a cookie, with the attributes `Path=/; HttpOnly; Secure; SameSite=Lax` by default. Browsers accept `Secure` from
 * `http://localhost`.
 *
 * @throws RouterError SONDE_ROUTER_OPTION when the name, an attribute or their combination is invalid.
 */
export function setCookie(c: AnyContext, name: string, value: string, options: CookieOptions = {}): void {
  const {
    maxAgeSeconds,
    path = '/',
    domain,
    httpOnly = true,
    secure = true,
    sameSite = 'lax',
    partitioned = false,
    ...others
  } = options;
  const isValid =
    name &&
    nameOrValue.test(name) &&
    !name.includes('=') &&
    /^\/[ -:<-~]*$/.test(path) &&
    (domain === undefined || /^[\w.-]+$/.test(domain)) &&
    (maxAgeSeconds === undefined || Number.isInteger(maxAgeSeconds)) &&
    ['strict', 'lax', 'none'].includes(sameSite) &&
    !Object.keys(others).length;
  if (!isValid) throw unexpected('setCookie', 'a valid name and CookieOptions', { name, ...options });
  // Browsers reject these combinations without a message.
  const needsSecure = sameSite === 'none' || partitioned || /^__(secure|host)-/i.test(name);
  const isForOneHost = path === '/' && domain === undefined;
  if ((needsSecure && !secure) || (/^__host-/i.test(name) && !isForOneHost)) {
    throw unexpected('setCookie', 'attributes that browsers accept', { name, ...options });
  }
  const attributes = [
    `${name}=${encodeURIComponent(value)}`,
    maxAgeSeconds === undefined ? '' : `Max-Age=${maxAgeSeconds}`,
    domain === undefined ? '' : `Domain=${domain}`,
    `Path=${path}`,
    httpOnly ? 'HttpOnly' : '',
    secure ? 'Secure' : '',
    `SameSite=${sameSite[0]?.toUpperCase()}${sameSite.slice(1)}`,
    partitioned ? 'Partitioned' : '',
  ];
  c.header('set-cookie', attributes.filter(Boolean).join('; '));
}

/** Deletes a cookie; the path and domain must be those with which it was set. */
export function deleteCookie(c: AnyContext, name: string, options: CookieOptions = {}): void {
  setCookie(c, name, '', { ...options, maxAgeSeconds: 0 });
}

const sign = (secret: string, name: string, value: string): Buffer =>
  createHmac('sha256', secret).update(`${name}=${value}`).digest();

/** Cookies with a signature. Created by {@link signedCookies}. */
export interface SignedCookies {
  /** The value of a cookie; undefined when it is missing or its signature is invalid. */
  get(c: AnyContext, name: string): string | undefined;
  /** Sets a cookie, signed with the first secret. */
  set(c: AnyContext, name: string, value: string, options?: CookieOptions): void;
}

/**
 * Signs cookies with HMAC-SHA-256, so that a client cannot change them; it can read them, and replay old ones. The
 * signature covers the name.
 *
 * @param secrets - The first one signs, all of them verify: put a new one first. At least 32 characters each
 * @throws RouterError SONDE_ROUTER_OPTION when there is no secret, or a short one.
 */
export function signedCookies(...secrets: readonly string[]): SignedCookies {
  const isValid =
    secrets.length && secrets.every((secret) => typeof secret === 'string' && secret.length >= 32);
  if (!isValid)
    throw unexpected('signedCookies', 'secrets of at least 32 characters', `${secrets.length} secrets`);
  return {
    get(c, name) {
      const cookie = getCookies(c)[name];
      const dot = cookie?.lastIndexOf('.') ?? -1;
      if (cookie === undefined || dot === -1) return undefined;
      const value = cookie.slice(0, dot);
      const signature = Buffer.from(cookie.slice(dot + 1), 'base64url');
      const isAuthentic = secrets.some((secret) => {
        const expected = sign(secret, name, value);
        return signature.length === expected.length && timingSafeEqual(signature, expected);
      });
      return isAuthentic ? value : undefined;
    },
    set(c, name, value, options) {
      setCookie(
        c,
        name,
        `${value}.${sign(secrets[0] as string, name, value).toString('base64url')}`,
        options,
      );
    },
  };
}
