import type { Attributes } from '@opentelemetry/api';
import type { Scheme } from './origin.ts';
import type { RequestContext } from './request-context.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_URL_SCHEME,
} from './semconv.ts';
import { childOf } from './trie.ts';

const knownMethods = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '));

/** `http.request.method`: what the conventions know, or a route was registered for, stands; the rest is `_OTHER`. */
export function methodAttribute({ method, route }: RequestContext): string {
  return route !== '' || knownMethods.has(method) ? method : '_OTHER';
}

/** What telemetry says of one route, or of what no route matches: attributes that are built once and frozen. */
export class RouteTelemetry {
  readonly route: string | undefined;
  readonly #attributes = new Map<string, Attributes>();
  readonly #mounted = new Map<string, RouteTelemetry>();

  constructor(route?: string) {
    this.route = route;
  }

  /** The same below the path at which a host framework mounted the router. Bounded: such a path may hold values. */
  under(base = ''): RouteTelemetry {
    if (base === '' || this.route === undefined) return this;
    if (this.#mounted.size >= 32) return this.#mounted.get(base) ?? this;
    return childOf(this.#mounted, base, () => new RouteTelemetry(base + this.route));
  }

  /** The same frozen object for the same arguments; what is undefined is left out. Bounded: names of errors are not. */
  attributes(
    method: string,
    scheme: Scheme,
    route?: string,
    status?: number,
    version?: string,
    errorType?: string,
  ): Attributes {
    const key = `${method} ${scheme} ${route} ${status} ${version} ${errorType}`;
    const known = this.#attributes.get(key);
    if (known !== undefined) return known;
    const all = {
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_URL_SCHEME]: scheme,
      [ATTR_HTTP_ROUTE]: route,
      [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
      [ATTR_NETWORK_PROTOCOL_VERSION]: version,
      [ATTR_ERROR_TYPE]: errorType,
    };
    const given = Object.entries(all).filter(([, value]) => value !== undefined);
    const attributes: Attributes = Object.freeze(Object.fromEntries(given));
    if (this.#attributes.size < 256) this.#attributes.set(key, attributes);
    return attributes;
  }
}
