/** A request target, cut and not normalised. */
export interface Target {
  readonly path: string;
  /** Without its question mark; empty when there is none. */
  readonly query: string;
}

/** Where the path of a request target begins: absolute ones have an authority before it, maybe with a password. */
function startOfPath(target: string): number {
  if (target.startsWith('/')) return 0;
  const mark = target.indexOf('://');
  if (mark === -1) return 0;
  const slash = target.indexOf('/', mark + 3);
  const question = target.indexOf('?', mark + 3);
  if (slash === -1) return question === -1 ? target.length : question;
  return question === -1 ? slash : Math.min(slash, question);
}

/**
 * Cuts a request target into path and query. A fragment, which no client should send, is left out.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#name-request-target
 */
export function splitTarget(target: string): Target {
  const fragment = target.indexOf('#');
  const end = fragment === -1 ? target.length : fragment;
  const start = Math.min(startOfPath(target), end);
  const found = target.indexOf('?', start);
  const question = found === -1 || found > end ? end : found;
  return { path: target.slice(start, question) || '/', query: target.slice(question + 1, end) };
}
