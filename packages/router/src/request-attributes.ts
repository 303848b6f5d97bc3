import type { Attributes } from '@opentelemetry/api';
import type { RequestContext } from './context.ts';
import { splitHost } from './origin.ts';
import { redactedQuery } from './redact.ts';
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

/** What a recorded span says of this one request. Undefined members are left out by the API's contract. */
export function requestAttributes(
  c: RequestContext,
  method: string,
  secrets: ReadonlySet<string>,
): Attributes {
  const { origin, peer, target, version } = c;
  const attributes: Attributes = { [ATTR_URL_PATH]: target.path };
  if (method === '_OTHER') attributes[ATTR_HTTP_REQUEST_METHOD_ORIGINAL] = c.method;
  if (target.search !== '') attributes[ATTR_URL_QUERY] = redactedQuery(target.search, secrets);
  if (version !== undefined) attributes[ATTR_NETWORK_PROTOCOL_VERSION] = version;
  if (origin.host !== undefined) {
    const { name, port } = splitHost(origin.host);
    attributes[ATTR_SERVER_ADDRESS] = name;
    attributes[ATTR_SERVER_PORT] = port ?? (origin.scheme === 'https' ? 443 : 80);
  }
  if (origin.client !== undefined) attributes[ATTR_CLIENT_ADDRESS] = origin.client;
  if (peer?.address !== undefined) attributes[ATTR_NETWORK_PEER_ADDRESS] = peer.address;
  if (peer?.port !== undefined) attributes[ATTR_NETWORK_PEER_PORT] = peer.port;
  const userAgent = c.rawHeaders['user-agent'];
  if (userAgent !== undefined) attributes[ATTR_USER_AGENT_ORIGINAL] = userAgent;
  return attributes;
}
