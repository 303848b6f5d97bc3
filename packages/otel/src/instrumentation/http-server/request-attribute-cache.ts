import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import type { Scheme } from './addresses.ts';

const knownMethods: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

/** Limits of the cache, because routes and error names may be unbounded. Entries beyond them are not cached. */
const maxEntries = 2000;
const maxMethods = 100;

/** Values that requests of one method and route share. */
interface RouteAttributes {
  readonly spanName: string;
  /** Attributes by status, for requests without an error. */
  readonly byStatus: Map<number, Attributes>;
  /** Attributes by status and `error.type`. */
  readonly byError: Map<string, Attributes>;
}

/** Span names and frozen attributes that requests of one method and version share. */
export class RequestAttributes {
  /** `http.request.method` */
  readonly method: string;
  readonly scheme: Scheme;
  readonly version: string;
  /** The number of requests that have begun and not ended. */
  activeCount = 0;
  /** The method in names of spans. */
  readonly #methodName: string;
  readonly #routes = new Map<string | undefined, RouteAttributes>();
  #entryCount = 0;
  /** The last result: most requests have the same route and status as the one before. */
  #lastRoute: string | undefined;
  #lastStatus: number | undefined;
  #lastAttributes: Attributes | undefined;

  /** @param originalMethod the method as received */
  constructor(scheme: Scheme, originalMethod: string, version: string) {
    const isKnown = knownMethods.has(originalMethod);
    this.method = isKnown ? originalMethod : '_OTHER';
    this.#methodName = isKnown ? originalMethod : 'HTTP';
    this.scheme = scheme;
    this.version = version;
  }

  /** @param route undefined before the request is routed */
  spanName(route?: string): string {
    return route === undefined ? this.#methodName : this.#lookup(route).spanName;
  }

  /** Returns the attributes of metrics: the same object for equal arguments, within the limits of the cache. */
  attributes(
    route: string | undefined,
    status: number | undefined,
    errorType: string | undefined,
  ): Attributes {
    const isLast = route === this.#lastRoute && status === this.#lastStatus && errorType === undefined;
    if (isLast && this.#lastAttributes !== undefined) return this.#lastAttributes;
    const { byStatus, byError } = this.#lookup(route);
    if (status !== undefined && errorType === undefined) {
      this.#lastRoute = route;
      this.#lastStatus = status;
      this.#lastAttributes =
        byStatus.get(status) ?? this.#cache(byStatus, status, this.#create(route, status, errorType));
      return this.#lastAttributes;
    }
    const key = `${status} ${errorType}`;
    return byError.get(key) ?? this.#cache(byError, key, this.#create(route, status, errorType));
  }

  #lookup(route: string | undefined): RouteAttributes {
    const known = this.#routes.get(route);
    if (known !== undefined) return known;
    const spanName = `${this.#methodName} ${route}`;
    return this.#cache(this.#routes, route, { spanName, byStatus: new Map(), byError: new Map() });
  }

  #cache<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): Value {
    if (this.#entryCount < maxEntries) {
      this.#entryCount++;
      map.set(key, value);
    }
    return value;
  }

  #create(route: string | undefined, status: number | undefined, errorType: string | undefined): Attributes {
    return Object.freeze({
      [ATTR_HTTP_REQUEST_METHOD]: this.method,
      [ATTR_URL_SCHEME]: this.scheme,
      [ATTR_NETWORK_PROTOCOL_VERSION]: this.version,
      ...(route === undefined ? {} : { [ATTR_HTTP_ROUTE]: route }),
      ...(status === undefined ? {} : { [ATTR_HTTP_RESPONSE_STATUS_CODE]: status }),
      ...(errorType === undefined ? {} : { [ATTR_ERROR_TYPE]: errorType }),
    });
  }
}

/** Caches request attributes by method and version, for the servers of one scheme. */
export class RequestAttributeCache {
  readonly scheme: Scheme;
  readonly #byMethod = new Map<string, RequestAttributes>();

  constructor(scheme: Scheme) {
    this.scheme = scheme;
  }

  /** Returns the number of active requests by method. */
  countActive(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { activeCount, method } of this.#byMethod.values()) {
      counts.set(method, (counts.get(method) ?? 0) + activeCount);
    }
    return counts;
  }

  lookup(method: string, version: string): RequestAttributes {
    const key = version === '1.1' ? method : `${method} ${version}`;
    const known = this.#byMethod.get(key);
    if (known !== undefined) return known;
    const attributes = new RequestAttributes(this.scheme, method, version);
    if (this.#byMethod.size < maxMethods) this.#byMethod.set(key, attributes);
    return attributes;
  }
}
