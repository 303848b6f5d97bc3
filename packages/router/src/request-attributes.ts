import type { Attributes } from '@opentelemetry/api';
import { hostOf, type Origin } from './origin.ts';
import { redactedQuery } from './redact.ts';
import type { RequestContext } from './request-context.ts';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_USER_AGENT_ORIGINAL,
} from './semconv.ts';

/** What a recorded span says of this one request. What is undefined is left out. */
export function requestAttributes(
  c: RequestContext,
  { scheme, host, client }: Origin,
  method: string,
  secrets: ReadonlySet<string>,
): Attributes {
  const { path, search, req } = c;
  const { headers, httpVersion, socket } = req;
  const server = hostOf(host);
  return {
    [ATTR_URL_PATH]: path,
    [ATTR_URL_QUERY]: search ? redactedQuery(search, secrets) : undefined,
    [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: method === '_OTHER' ? c.method : undefined,
    [ATTR_NETWORK_PROTOCOL_VERSION]: httpVersion,
    [ATTR_SERVER_ADDRESS]: server?.name,
    [ATTR_SERVER_PORT]: server && (server.port || (scheme === 'https' ? 443 : 80)),
    [ATTR_CLIENT_ADDRESS]: client,
    [ATTR_NETWORK_PEER_ADDRESS]: socket.remoteAddress,
    [ATTR_NETWORK_PEER_PORT]: socket.remotePort,
    [ATTR_USER_AGENT_ORIGINAL]: headers['user-agent'],
  };
}
