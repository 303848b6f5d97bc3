import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { RequestError } from '../receiver/body.ts';

/** Names of the machine itself, with or without a port. */
const loopbackHost = /^(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;
const loopbackOrigin =
  /^https?:\/\/(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** The cookie that a browser gets for its token. */
export const tokenCookie = 'sonde-token';

/** Whether an address can be reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Refuses whoever is not meant: pages of other origins, names that somebody else's DNS gave this machine. */
export class Guard {
  /** Asked for on every request when not only this machine can reach the viewer. */
  readonly token: string | undefined;
  readonly #isLoopback: boolean;

  /** @param host the address that the servers are bound to */
  constructor(host: string, token: string | undefined) {
    this.#isLoopback = isLoopback(host);
    this.token = token;
  }

  /** Checks a request to the viewer. @throws {RequestError} 403 or 401 */
  checkViewer(request: IncomingMessage): void {
    const host = this.#checkHost(request);
    const { origin } = request.headers;
    if (origin !== undefined && origin !== `http://${host}`) {
      throw new RequestError(
        403,
        `the origin ${JSON.stringify(origin.slice(0, 200))} may not use this viewer`,
      );
    }
    // A browser says of what kind its request is, even without an origin.
    const site = request.headers['sec-fetch-site'];
    const isNavigation = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET';
    if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isNavigation) {
      throw new RequestError(403, 'a page of another origin may not use this viewer');
    }
    if (!this.isAuthorized(request.headers.authorization ?? cookieToken(request) ?? queryToken(request))) {
      throw new RequestError(401, 'the token is missing: it is in the address that sonde dev printed');
    }
  }

  /** Checks a request to the receiver: pages of this machine may send. @throws {RequestError} 403 or 401 */
  checkSender(request: IncomingMessage): void {
    this.#checkHost(request);
    const { origin } = request.headers;
    if (origin !== undefined && !loopbackOrigin.test(origin)) {
      throw new RequestError(
        403,
        `the origin ${JSON.stringify(origin.slice(0, 200))} may not send to this receiver`,
      );
    }
    if (request.method !== 'OPTIONS' && !this.isAuthorized(request.headers.authorization)) {
      throw new RequestError(401, 'the authorization header with the token is missing');
    }
  }

  /** Whether the token is right: bare, or as a bearer. */
  isAuthorized(given: string | undefined): boolean {
    if (this.token === undefined) return true;
    const wanted = Buffer.from(this.token);
    const actual = Buffer.from((given ?? '').replace(/^Bearer /i, ''));
    return wanted.length === actual.length && timingSafeEqual(wanted, actual);
  }

  #checkHost(request: IncomingMessage): string {
    const host = request.headers.host ?? '';
    // How others call this machine nobody knows: beyond loopback the token is what protects.
    if (this.#isLoopback && !loopbackHost.test(host)) {
      throw new RequestError(
        403,
        `the host ${JSON.stringify(host.slice(0, 200))} is not this machine`,
        'FORBIDDEN_HOST',
      );
    }
    return host;
  }
}

function cookieToken({ headers }: IncomingMessage): string | undefined {
  const cookies = (headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
  return cookies.find((cookie) => cookie.startsWith(`${tokenCookie}=`))?.slice(tokenCookie.length + 1);
}

/** The token in the address of the page, which is turned into a cookie. */
export function queryToken({ url }: IncomingMessage): string | undefined {
  const query = (url ?? '').split('?', 2)[1];
  return query === undefined ? undefined : (new URLSearchParams(query).get('token') ?? undefined);
}
