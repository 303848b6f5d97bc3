import type { IncomingMessage } from 'node:http';
import { parseHost } from './origin.ts';

const absoluteForm = /^https?:\/\/(?:[^/?#]*@)?([^/?#@]*)\/?(.*)/is;

/** Splits the authority, without its credentials, off a target in absolute form. */
export function splitAuthority(url: string): readonly [authority: string | undefined, pathAndSearch: string] {
  const [, authority, rest] = (url.startsWith('/') ? undefined : absoluteForm.exec(url)) ?? [];
  return [authority, authority === undefined ? url : `/${rest}`];
}

/**
 * Whether a request names at most one host, and each named host is well-formed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function hasValidHost(
  { rawHeaders = [] }: Partial<IncomingMessage>,
  authority: string | undefined,
): boolean {
  let host: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') {
      if (host !== undefined) return false;
      host = rawHeaders[index + 1] as string;
    }
  }
  return !!((!host || parseHost(host)) && (authority === undefined || parseHost(authority)));
}
