/** Where a signal goes over gRPC. */
export interface GrpcEndpoint {
  /** The target as gRPC resolves it: `dns:collector:4317`. */
  readonly target: string;
  /** Whether the connection uses TLS. */
  readonly isSecure: boolean;
  /** The endpoint in messages: `http://collector:4317`, `dns:///collector:4317`. */
  readonly origin: string;
}

/** A scheme of gRPC's naming; not a host of that name with a port. */
const gRpcName = /^(dns|ipv4|ipv6|unix):(?!\d+$)/i;
const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i;

/**
 * Parses an endpoint: an http or https URL, a host with a port, or a name of gRPC: `dns:///collector:4317`,
 * `ipv4:10.0.0.1:4317`, `unix:///run/collector.sock`. Undefined if it is invalid.
 *
 * @param isInsecure whether a connection without a scheme of HTTP is plaintext. @default false, but true for Unix sockets
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#configuration-options
 * @see https://grpc.github.io/grpc/core/md_doc_naming.html
 */
export function parseGrpcEndpoint(text: string, isInsecure?: boolean): GrpcEndpoint | undefined {
  if (gRpcName.test(text)) {
    const isLocal = text.toLowerCase().startsWith('unix:');
    return { target: text, isSecure: !(isInsecure ?? isLocal), origin: text };
  }
  const url = URL.parse(hasScheme.test(text) ? text : `${isInsecure === true ? 'http' : 'https'}://${text}`);
  if (url === null || url.hostname === '' || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return undefined;
  }
  const isSecure = url.protocol === 'https:';
  // gRPC's default port is 443, also for plaintext.
  const target = `dns:${url.hostname}:${url.port || (isSecure ? 443 : 80)}`;
  return { target, isSecure, origin: url.origin };
}

/** The address that a target names, to connect to without gRPC; undefined if it names several, or none. */
export function grpcAddress(target: string): { host: string; port: number } | { path: string } | undefined {
  const [, scheme = '', rest = ''] = /^([a-z\d]+):(.*)$/i.exec(target) ?? [];
  if (scheme.toLowerCase() === 'unix') return { path: rest.replace(/^\/\/(?=\/)/, '') };
  const [, bracketed, name, port] =
    /^(?:\[([\da-f:.]+)\]|([^:,[\]]+)):(\d+)$/i.exec(rest.replace(/^\/\/[^/]*\//, '')) ?? [];
  const host = bracketed ?? name;
  return host === undefined ? undefined : { host, port: Number(port) };
}
