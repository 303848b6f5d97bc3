import type { IncomingMessage } from 'node:http';
import { parseHost } from '../http/origin.ts';

/** Percent-encodes what cannot stand in a request target or a header field. */
export const percentEncode = (text: string): string => text.toWellFormed().replaceAll(/[^!-~]/gu, encodeURI);

/** A request target: its authority, when it is in absolute form, and what follows it. */
export interface Target {
  readonly authority: string | undefined;
  /** Path and query as they came. */
  readonly rest: string;
}

const absolute = /^https?:\/\/(?:[^/?#]*@)?([^/?#@]*)\/?(.*)/is;

/** The parts of a request target. What stands before an `@` in its authority is left out. */
export function targetOf(url: string): Target {
  const [, authority, rest] = (url.startsWith('/') ? undefined : absolute.exec(url)) ?? [];
  return { authority, rest: authority === undefined ? url : `/${rest}` };
}

/**
 * Whether a request names at most one host, in a form that an address can have.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function hasValidHost(
  { rawHeaders = [] }: Partial<IncomingMessage>,
  authority: string | undefined,
): boolean {
  let host: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') {
      if (host !== undefined) return false;
      host = rawHeaders[at + 1] as string;
    }
  }
  return (
    (!host || parseHost(host) !== undefined) &&
    (authority === undefined || parseHost(authority) !== undefined)
  );
}
