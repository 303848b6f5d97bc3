import type { IncomingMessage } from 'node:http';
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';
import { clientOf, serverOf } from './peers.ts';
import type { RequestKind } from './request-kind.ts';
import { cutTarget } from './target.ts';

/** Takes secrets out of a query string. */
export type RedactQuery = (query: string) => string;

/**
 * What a span says of a request when it begins. Members that are undefined would have to be taken out again, so there
 * are none.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export function requestAttributes(
  request: IncomingMessage,
  { method, scheme, version }: RequestKind,
  redactQuery: RedactQuery,
): Attributes {
  const { headers, socket } = request;
  const { path, query } = cutTarget(request.url ?? '/');
  const attributes: Attributes = {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    [ATTR_URL_SCHEME]: scheme,
    [ATTR_NETWORK_PROTOCOL_VERSION]: version,
    [ATTR_URL_PATH]: path,
  };
  const server = serverOf(headers, scheme);
  if (server !== undefined) {
    attributes[ATTR_SERVER_ADDRESS] = server.name;
    if (server.port !== undefined) attributes[ATTR_SERVER_PORT] = server.port;
  }
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress !== undefined) attributes[ATTR_NETWORK_PEER_ADDRESS] = remoteAddress;
  if (remotePort !== undefined) attributes[ATTR_NETWORK_PEER_PORT] = remotePort;
  const client = clientOf(request);
  if (client !== undefined) attributes[ATTR_CLIENT_ADDRESS] = client;
  const { 'user-agent': userAgent } = headers;
  if (userAgent !== undefined) attributes[ATTR_USER_AGENT_ORIGINAL] = userAgent;
  if (query !== '') attributes[ATTR_URL_QUERY] = redactQuery(query);
  if (method === '_OTHER' && request.method !== undefined) {
    attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = request.method;
  }
  return attributes;
}
