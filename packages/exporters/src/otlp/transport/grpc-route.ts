import { isIPv4 } from 'node:net';
import { environmentText } from '../../environment.ts';
import { grpcAddress, type GrpcEndpoint } from './grpc-endpoint.ts';
import { nodeProxyEnvironment } from './http-agent.ts';

/** The target that a channel connects to, and its options. */
export interface GrpcRoute {
  readonly target: string;
  readonly channelOptions: Readonly<Record<string, string | number>>;
}

/** The variables that `@grpc/grpc-js` evaluates itself. */
const grpcVariables = ['grpc_proxy', 'https_proxy', 'http_proxy'];

/**
 * Returns the route to an endpoint: through the proxy that Node.js uses for the application, or direct. The variables of
 * gRPC take precedence.
 *
 * @see https://nodejs.org/api/http.html#built-in-proxy-support
 */
export function findGrpcRoute({ target, isSecure }: GrpcEndpoint): GrpcRoute {
  const direct: GrpcRoute = { target, channelOptions: {} };
  const address = grpcAddress(target);
  if (address === undefined || 'path' in address) return direct;
  if (grpcVariables.some((name) => environmentText(name) !== undefined)) return direct;
  const settings = nodeProxyEnvironment(isSecure ? 'https:' : 'http:');
  if (settings === undefined) return direct;
  const { https_proxy, HTTPS_PROXY, http_proxy, HTTP_PROXY, no_proxy, NO_PROXY } = settings;
  const proxy = URL.parse((isSecure ? (https_proxy ?? HTTPS_PROXY) : (http_proxy ?? HTTP_PROXY)) ?? '');
  // The library supports no other proxies.
  if (proxy?.protocol !== 'http:' || isBypassed(no_proxy ?? NO_PROXY ?? '', address)) return direct;
  const authority = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  const credentials = [proxy.username, proxy.password].filter((part) => part !== '').map(decodeURIComponent);
  return {
    target: `dns:${proxy.hostname}:${proxy.port || 80}`,
    channelOptions: {
      'grpc.enable_http_proxy': 0,
      'grpc.default_authority': authority,
      'grpc.http_connect_target': `dns:${authority}`,
      ...(credentials.length > 0 && { 'grpc.http_connect_creds': credentials.join(':') }),
    },
  };
}

/** Whether a list of Node.js, such as `localhost,.internal,10.0.0.1-10.0.0.9,collector:4317`, contains an address. */
function isBypassed(list: string, { host, port }: { readonly host: string; readonly port: number }): boolean {
  const name = host.toLowerCase();
  return list.split(',').some((text) => {
    const entry = text.trim().toLowerCase();
    if (entry === '') return false;
    const [first = '', last = ''] = entry.split('-');
    if (isIPv4(name) && isIPv4(first) && isIPv4(last)) {
      return toNumber(first) <= toNumber(name) && toNumber(name) <= toNumber(last);
    }
    if (entry === '*' || entry === name || entry === `${name}:${port}`) return true;
    const suffix = entry.replace(/^\*/, '');
    return suffix.startsWith('.') && name.endsWith(suffix);
  });
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
