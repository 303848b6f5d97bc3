import { setRequestRoute } from '../http-server/server-request.ts';

/** A pattern of Express, as applications pass it. */
export type Pattern = string | RegExp | readonly Pattern[];

const mountsKey: unique symbol = Symbol('sonde.mounts');
const routeKey: unique symbol = Symbol('sonde.route');

/** The parts of a request of Express that are used. */
export interface ExpressRequest {
  readonly baseUrl?: string;
  readonly route?: { readonly stack?: readonly object[] };
  /** Templates by the path that a mounted router has matched: `/users/:id` for `/users/42`. */
  [mountsKey]?: Map<string, string>;
  [routeKey]?: object;
}

const textOf = (pattern: Pattern): string =>
  Array.isArray(pattern) ? pattern.map((part) => textOf(part as Pattern)).join(',') : String(pattern);

/** Joins the template of a router and a pattern below it. */
function join(base: string, pattern: Pattern): string {
  const text = textOf(pattern);
  const below =
    text.length > 1 && text.endsWith('/') && typeof pattern === 'string' ? text.slice(0, -1) : text;
  if (below === '/' || below === '') return base === '' ? '/' : base;
  return base + below;
}

/** Returns the template of the router that handles a request: the longest known one, and the rest of the path as it is. */
function findBase(request: ExpressRequest, baseUrl: string): string {
  const mounts = request[mountsKey];
  if (mounts === undefined) return baseUrl;
  const known = mounts.get(baseUrl);
  if (known !== undefined) return known;
  let longest = '';
  for (const path of mounts.keys()) {
    if (path.length > longest.length && baseUrl.startsWith(`${path}/`)) longest = path;
  }
  return (mounts.get(longest) ?? '') + baseUrl.slice(longest.length);
}

/** Whether a pattern is the path of a middleware that every request passes. */
export const isEverywhere = (pattern: Pattern): boolean => pattern === '/' || pattern === '';

/** Remembers the pattern under which a router is mounted: `baseUrl` of the request ends with the path that it matched. */
export function enterMount(request: ExpressRequest, pattern: Pattern): void {
  const { baseUrl = '' } = request;
  if (baseUrl === '' || isEverywhere(pattern)) return;
  const mounts = (request[mountsKey] ??= new Map());
  let parent = '';
  for (const path of mounts.keys()) {
    if (path.length > parent.length && path !== baseUrl && baseUrl.startsWith(`${path}/`)) parent = path;
  }
  mounts.set(baseUrl, join(mounts.get(parent) ?? '', pattern));
}

/** Sets the route of a request. @param route the object that has the pattern, for which this happens once */
export function enterRoute(request: ExpressRequest, pattern: Pattern, route: object): void {
  if (request[routeKey] === route) return;
  request[routeKey] = route;
  setRequestRoute(join(findBase(request, request.baseUrl ?? ''), pattern), request);
}
