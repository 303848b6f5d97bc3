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
  const question = target.indexOf('?');
  const end = question === -1 ? target.length : question;
  const path = target.includes('#') ? '' : pathOf(target.slice(0, end));
  return { path, search: target.slice(end + 1) };
}

function pathOf(target: string): string {
  if (target.startsWith('/') || target === '*') return target;
  const [scheme = '', empty, , ...segments] = target.split('/');
  const absolute = empty === '' && ['http:', 'https:'].includes(scheme.toLowerCase());
  return absolute ? `/${segments.join('/')}` : '';
}

/** Percent-encodes what cannot stand in a request target or a header field. */
export const encodeTarget = (text: string): string => text.replaceAll(/[^!-~]/gu, encodeURI);
