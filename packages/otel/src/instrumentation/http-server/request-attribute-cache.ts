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

/** Applications make up routes and names of errors without end: what is beyond this is made anew each time. */
const maxKept = 2000;
const maxKinds = 100;

/** What requests of one method and route share. */
interface RouteAttributes {
  readonly spanName: string;
  /** By status, for requests without an error of another name. */
  readonly byStatus: Map<number, Attributes>;
  /** By status and type of error. */
  readonly byError: Map<string, Attributes>;
}

/** What requests of one method and version share: names and attributes that are made once, and frozen. */
export class RequestAttributes {
  /** `http.request.method` */
  readonly method: string;
  readonly scheme: Scheme;
  readonly version: string;
  readonly #sent: string;
  readonly #routes = new Map<string | undefined, RouteAttributes>();
  #kept = 0;
  /** What was asked for last: most requests end like the one before. */
  #lastRoute: string | undefined;
  #lastStatus: number | undefined;
  #lastAttributes: Attributes | undefined;

  /** @param sent the method as it came */
  constructor(scheme: Scheme, sent: string, version: string) {
    this.#sent = sent;
    this.method = knownMethods.has(sent) ? sent : '_OTHER';
    this.scheme = scheme;
    this.version = version;
  }

  spanName(route: string): string {
    return this.#lookup(route).spanName;
  }

  /** Attributes of metrics: the same object for the same arguments, as far as there is room. */
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
        byStatus.get(status) ?? this.#keep(byStatus, status, this.#make(route, status, errorType));
      return this.#lastAttributes;
    }
    const key = `${status} ${errorType}`;
    return byError.get(key) ?? this.#keep(byError, key, this.#make(route, status, errorType));
  }

  #lookup(route: string | undefined): RouteAttributes {
    const known = this.#routes.get(route);
    if (known !== undefined) return known;
    const spanName = `${this.#sent} ${route}`;
    return this.#keep(this.#routes, route, { spanName, byStatus: new Map(), byError: new Map() });
  }

  #keep<Key, Value>(place: Map<Key, Value>, key: Key, value: Value): Value {
    if (this.#kept < maxKept) {
      this.#kept++;
      place.set(key, value);
    }
    return value;
  }

  #make(route: string | undefined, status: number | undefined, errorType: string | undefined): Attributes {
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

/** The kinds of requests that servers of one scheme get. */
export class RequestAttributeCache {
  readonly #scheme: Scheme;
  readonly #kinds = new Map<string, RequestAttributes>();

  constructor(scheme: Scheme) {
    this.#scheme = scheme;
  }

  lookup(method: string, version: string): RequestAttributes {
    const key = version === '1.1' ? method : `${method} ${version}`;
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const kind = new RequestAttributes(this.#scheme, method, version);
    if (this.#kinds.size < maxKinds) this.#kinds.set(key, kind);
    return kind;
  }
}
