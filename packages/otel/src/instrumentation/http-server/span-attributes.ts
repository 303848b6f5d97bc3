import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
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
import { clientAddress, serverAddress } from './addresses.ts';
import type { RequestAttributes } from './request-attribute-cache.ts';
import { splitTarget } from './target.ts';

/** Redacts secrets in a query string. */
export type RedactQuery = (query: string) => string;

/**
 * Creates the initial attributes of a span, most of them in one literal, which is fastest.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export function requestAttributes(
  request: IncomingMessage,
  { method, scheme, version }: RequestAttributes,
  redactQuery: RedactQuery,
): Attributes {
  const { headers, socket } = request;
  // Absent from requests without a connection.
  const connection = socket as Socket | null | undefined;
  const { path, query } = splitTarget(request.url ?? '/');
  const server = serverAddress(request, scheme);
  const attributes = {
    [ATTR_HTTP_REQUEST_METHOD]: method,
    [ATTR_URL_SCHEME]: scheme,
    [ATTR_NETWORK_PROTOCOL_VERSION]: version,
    [ATTR_URL_PATH]: path,
    [ATTR_SERVER_ADDRESS]: server?.name,
    [ATTR_SERVER_PORT]: server?.port,
    [ATTR_NETWORK_PEER_ADDRESS]: connection?.remoteAddress,
    [ATTR_NETWORK_PEER_PORT]: connection?.remotePort,
    [ATTR_CLIENT_ADDRESS]: clientAddress(request),
    [ATTR_USER_AGENT_ORIGINAL]: headers['user-agent'],
  } as Attributes;
  if (query !== '') attributes[ATTR_URL_QUERY] = redactQuery(query);
  if (method === '_OTHER' && request.method !== undefined) {
    attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = request.method;
  }
  return attributes;
}
