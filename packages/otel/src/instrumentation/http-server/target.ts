/** The parts of a request target, not normalized. */
export interface Target {
  readonly path: string;
  /** The query without its question mark; empty if there is none. */
  readonly query: string;
}

/** Returns the index of the path. Absolute targets begin with an authority, which may contain a password. */
function findPath(target: string): number {
  if (target.startsWith('/')) return 0;
  const mark = target.indexOf('://');
  if (mark === -1) return 0;
  const slash = target.indexOf('/', mark + 3);
  const question = target.indexOf('?', mark + 3);
  if (slash === -1) return question === -1 ? target.length : question;
  return question === -1 ? slash : Math.min(slash, question);
}

/**
 * Splits a request target into path and query. A fragment, which clients should not send, is removed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#name-request-target
 */
export function splitTarget(target: string): Target {
  const fragment = target.indexOf('#');
  const end = fragment === -1 ? target.length : fragment;
  const start = Math.min(findPath(target), end);
  const found = target.indexOf('?', start);
  const question = found === -1 || found > end ? end : found;
  return { path: target.slice(start, question) || '/', query: target.slice(question + 1, end) };
}
