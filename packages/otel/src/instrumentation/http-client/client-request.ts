import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
  METRIC_HTTP_CLIENT_REQUEST_DURATION,
} from '@opentelemetry/semantic-conventions';

const knownMethods: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

/** Name and description. @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration */
export const clientDuration: readonly [name: string, description: string] = [
  METRIC_HTTP_CLIENT_REQUEST_DURATION,
  'Duration of HTTP client requests.',
];

/** A request as an HTTP client sends it. */
export interface ClientRequest {
  readonly url: URL;
  /** The method that is sent. */
  readonly method: string;
  /** The method as the application wrote it. */
  readonly originalMethod: string;
  readonly userAgent: string | undefined;
}

/** The span of a request, and the attributes of its measurement. */
export interface ClientRequestDescription {
  readonly name: string;
  readonly attributes: Attributes;
  readonly measured: Attributes;
}

/** Describes a request. @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span */
export function describeClientRequest(request: ClientRequest): ClientRequestDescription {
  const { originalMethod, url, userAgent } = request;
  const method = knownMethods.has(request.method) ? request.method : '_OTHER';
  const measured: Attributes = {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    [ATTR_SERVER_ADDRESS]: url.hostname,
    [ATTR_SERVER_PORT]: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    [ATTR_URL_SCHEME]: url.protocol.slice(0, -1),
  };
  return {
    name: method === '_OTHER' ? 'HTTP' : method,
    attributes: {
      ...measured,
      ...(method === originalMethod ? {} : { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: originalMethod }),
      [ATTR_URL_FULL]: url.href,
      [ATTR_URL_PATH]: url.pathname,
      ...(url.search.length > 1 ? { [ATTR_URL_QUERY]: url.search.slice(1) } : {}),
      ...(userAgent === undefined ? {} : { [ATTR_USER_AGENT_ORIGINAL]: userAgent }),
    },
    measured,
  };
}
