import type { RequestMount } from '../http-server/server-rpc.ts';
import { setRequestMount, setRequestRoute } from '../http-server/server-request.ts';

/** A pattern of Express, as applications pass it. */
export type Pattern = string | RegExp | readonly Pattern[];

const mountKey: unique symbol = Symbol('sonde.mount');
const routeKey: unique symbol = Symbol('sonde.route');

/** A router that a request has entered. */
interface Mount extends RequestMount {
  readonly property: 'baseUrl';
  /** The `baseUrl` of the request in the router: `/users/42`. */
  readonly value: string;
  readonly previous: Mount | undefined;
}

/** The parts of a request of Express that are used. */
export interface ExpressRequest {
  readonly baseUrl?: string;
  readonly route?: { readonly stack?: readonly object[] };
  [mountKey]?: Mount | undefined;
  [routeKey]?: object;
}

const formatText = (pattern: Pattern): string =>
  Array.isArray(pattern) ? pattern.map((part) => formatText(part as Pattern)).join(',') : String(pattern);

/** Joins the template of a router and a pattern below it. */
function join(base: string, pattern: Pattern): string {
  const text = formatText(pattern);
  const below =
    text.length > 1 && text.endsWith('/') && typeof pattern === 'string' ? text.slice(0, -1) : text;
  if (below === '/' || below === '') return base === '' ? '/' : base;
  return base + below;
}

/** Returns the innermost router around a path. @param isWithin whether the router of the path itself counts */
function findMount(request: ExpressRequest, path: string, isWithin: boolean): Mount | undefined {
  let mount = request[mountKey];
  let found: Mount | undefined;
  for (; mount !== undefined; mount = mount.previous) {
    const { length } = mount.value;
    if (length === path.length ? !isWithin || mount.value !== path : !isPrefix(mount.value, path)) continue;
    if (found === undefined || length > found.value.length) found = mount;
  }
  return found;
}

const isPrefix = (prefix: string, path: string): boolean =>
  path.startsWith(prefix) && path.charAt(prefix.length) === '/';

/** Whether a pattern is the path of a middleware that every request passes. */
export const isEverywhere = (pattern: Pattern): boolean => pattern === '/' || pattern === '';

/** A pattern, and the last template made of it: most patterns have one router around them. */
export class JoinedPattern {
  readonly pattern: Pattern;
  #base: string | undefined;
  #template = '';

  constructor(pattern: Pattern) {
    this.pattern = pattern;
  }

  below(base: string): string {
    if (base !== this.#base) {
      this.#base = base;
      this.#template = join(base, this.pattern);
    }
    return this.#template;
  }
}

/** Remembers the pattern under which a router is mounted: `baseUrl` of the request ends with the path that it matched. */
export function enterMount(request: ExpressRequest, pattern: JoinedPattern): void {
  const { baseUrl: path = '' } = request;
  if (path === '') return;
  const previous = request[mountKey];
  const parent = previous === undefined ? undefined : findMount(request, path, false);
  const template = pattern.below(parent?.template ?? '');
  const mount: Mount = { template, property: 'baseUrl', value: path, previous };
  request[mountKey] = mount;
  setRequestMount(mount, request);
}

/** Sets the route of a request. @param route the object that has the pattern, for which this happens once */
export function enterRoute(request: ExpressRequest, pattern: JoinedPattern, route: object): void {
  if (request[routeKey] === route) return;
  request[routeKey] = route;
  const { baseUrl = '' } = request;
  const mount = baseUrl === '' ? undefined : findMount(request, baseUrl, true);
  // A router that was mounted unseen keeps its path.
  const base = mount === undefined ? baseUrl : mount.template + baseUrl.slice(mount.value.length);
  setRequestRoute(pattern.below(base), request);
}
