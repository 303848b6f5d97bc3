import type { Attributes } from '@opentelemetry/api';
import { parseHost, type Origin } from '../http/origin.ts';
import { redactQuery } from './redact-query.ts';
import type { RequestContext } from '../http/request-context.ts';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_USER_AGENT_ORIGINAL,
} from './semconv.ts';

/** The span attributes that are specific to one request. Spans ignore undefined values. */
export function requestAttributes(
  c: RequestContext,
  origin: Origin,
  method: string,
  secrets: readonly string[],
): Attributes {
  const { req } = c;
  const server = parseHost(origin.host);
  return {
    [ATTR_URL_PATH]: c.path,
    [ATTR_URL_QUERY]: c.search ? redactQuery(c.search, secrets) : undefined,
    [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: method === '_OTHER' ? c.method : undefined,
    [ATTR_SERVER_ADDRESS]: server?.name,
    [ATTR_SERVER_PORT]: server && (server.port || (origin.scheme === 'https' ? 443 : 80)),
    [ATTR_CLIENT_ADDRESS]: origin.client,
    [ATTR_NETWORK_PEER_ADDRESS]: req.socket.remoteAddress,
    [ATTR_NETWORK_PEER_PORT]: req.socket.remotePort,
    [ATTR_USER_AGENT_ORIGINAL]: req.headers['user-agent'],
  };
}
