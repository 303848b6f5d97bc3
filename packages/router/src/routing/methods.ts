/** The methods that have a name of their own in the router. */
export const verbs = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

/** What `http.request.method` may say of a request that matched no route; the rest is `_OTHER`. */
export const knownMethods: ReadonlySet<string> = new Set([...verbs, 'CONNECT', 'QUERY', 'TRACE']);
