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
  const start = target.startsWith('/') ? 0 : startOfPath(target);
  if (start === -1) return undefined;
  const question = target.indexOf('?', start);
  if (question === -1) return { path: (start === 0 ? target : target.slice(start)) || '/', search: '' };
  return { path: target.slice(start, question) || '/', search: target.slice(question + 1) };
}

/** Where the path of an absolute-form target starts; 0 for the asterisk, -1 for nonsense. */
function startOfPath(target: string): number {
  if (target === '*') return 0;
  const authority = target.indexOf('://') + 3;
  const scheme = target.slice(0, authority).toLowerCase();
  if (scheme !== 'http://' && scheme !== 'https://') return -1;
  for (let index = authority; index < target.length; index++) {
    const character = target[index];
    if (character === '/' || character === '?') return index;
  }
  return target.length;
}

/** Stands in for a target that cannot be read. */
export const emptyTarget: Target = { path: '', search: '' };
