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

/** What a recorded span says of this one request; most of it in one literal, which is made fastest. */
export function requestAttributes(
  c: RequestContext,
  { scheme, host, client }: Origin,
  method: string,
  secrets: ReadonlySet<string>,
): Attributes {
  const { path, search, req } = c;
  const { headers, httpVersion, socket } = req;
  const server = hostOf(host);
  const attributes = {
    [ATTR_URL_PATH]: path,
    [ATTR_NETWORK_PROTOCOL_VERSION]: httpVersion,
    [ATTR_SERVER_ADDRESS]: server?.name,
    [ATTR_SERVER_PORT]: server && (server.port || (scheme === 'https' ? 443 : 80)),
    [ATTR_CLIENT_ADDRESS]: client,
    [ATTR_NETWORK_PEER_ADDRESS]: socket.remoteAddress,
    [ATTR_NETWORK_PEER_PORT]: socket.remotePort,
    [ATTR_USER_AGENT_ORIGINAL]: headers['user-agent'],
  } as Attributes;
  if (search) attributes[ATTR_URL_QUERY] = redactedQuery(search, secrets);
  if (method === '_OTHER') attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = c.method;
  return attributes;
}
