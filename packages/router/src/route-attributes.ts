import type { Attributes } from '@opentelemetry/api';
import type { Scheme } from './origin.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_URL_SCHEME,
} from './semconv.ts';

const built = new Map<string, Attributes>();

/** The same frozen object for the same arguments; what is undefined or empty is left out. Bounded: names of errors are not. */
export function routeAttributes(
  method: string,
  scheme: Scheme,
  route?: string,
  status?: number,
  version?: string,
  errorType?: string,
): Attributes {
  const key = `${method} ${scheme} ${route} ${status} ${version} ${errorType}`;
  const known = built.get(key);
  if (known) return known;
  const all = {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    [ATTR_URL_SCHEME]: scheme,
    [ATTR_HTTP_ROUTE]: route,
    [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
    [ATTR_NETWORK_PROTOCOL_VERSION]: version,
    [ATTR_ERROR_TYPE]: errorType,
  };
  const given = Object.entries(all).filter(([, value]) => value);
  const attributes: Attributes = Object.freeze(Object.fromEntries(given));
  if (built.size < 10_000) built.set(key, attributes);
  return attributes;
}
