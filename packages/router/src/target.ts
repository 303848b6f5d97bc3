/** A request target, cut where RFC 9112 says and not normalised. */
export interface Target {
  /** Empty when the target cannot be read. */
  readonly path: string;
  /** The query string, without its question mark. */
  readonly search: string;
}

/**
 * Cuts a request target into path and query string: origin form, absolute form (whose authority does not matter to
 * routing) and the asterisk. Anything else, and a target with a fragment, cannot be read.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#name-request-target
 */
export function parseTarget(target: string): Target {
  const start = target.startsWith('/') || target === '*' ? 0 : endOfAuthority(target);
  if (start === -1 || target.includes('#')) return { path: '', search: '' };
  const question = target.indexOf('?', start);
  const end = question === -1 ? target.length : question;
  return { path: target.slice(start, end) || '/', search: target.slice(end + 1) };
}

/** Where the authority of an absolute-form target ends; -1 when there is none. */
function endOfAuthority(target: string): number {
  const [scheme = '', empty, authority = ''] = target.split('/', 3);
  if (empty !== '' || !['http:', 'https:'].includes(scheme.toLowerCase())) return -1;
  const [host = ''] = authority.split('?', 1);
  return scheme.length + 2 + host.length;
}

/** Percent-encodes what cannot stand in a request target or a header field. */
export const encodeTarget = (text: string): string => text.replaceAll(/[^!-~]/gu, encodeURI);
