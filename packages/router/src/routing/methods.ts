/** The methods for which the router has a method of its own. */
export const verbs = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

/** The values of `http.request.method` for requests that match no route; all others are `_OTHER`. */
export const knownMethods: ReadonlySet<string> = new Set([...verbs, 'CONNECT', 'QUERY', 'TRACE']);
