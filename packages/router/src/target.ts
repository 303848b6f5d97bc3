/** A request target, cut where RFC 9112 says and not normalised. */
export interface Target {
  readonly path: string;
  /** The query string, without its question mark. */
  readonly search: string;
}

/**
 * Cuts a request target into path and query string: origin form, absolute form (whose authority does not matter to
 * routing) and the asterisk. Undefined for anything else, and for a target with a fragment.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#name-request-target
 */
export function parseTarget(target: string): Target | undefined {
  if (target.includes('#')) return undefined;
  const start = target.startsWith('/') || target === '*' ? 0 : endOfAuthority(target);
  if (start === undefined) return undefined;
  const question = target.indexOf('?', start);
  const end = question === -1 ? target.length : question;
  return { path: target.slice(start, end) || '/', search: target.slice(end + 1) };
}

/** Where the authority of an absolute-form target ends; undefined when there is none. */
function endOfAuthority(target: string): number | undefined {
  const scheme = target.slice(0, 8).toLowerCase();
  const start = scheme === 'https://' ? 8 : scheme.startsWith('http://') ? 7 : undefined;
  if (start === undefined) return undefined;
  const ends = [target.indexOf('/', start), target.indexOf('?', start), target.length];
  return Math.min(...ends.filter((end) => end !== -1));
}

/** Stands in for a target that cannot be read. */
export const emptyTarget: Target = { path: '', search: '' };
