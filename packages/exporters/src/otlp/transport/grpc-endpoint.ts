/** The receiver of a signal over gRPC. */
export interface GrpcEndpoint {
  /** The target that gRPC resolves: `dns:collector:4317`. */
  readonly target: string;
  /** Whether the connection uses TLS. */
  readonly isSecure: boolean;
  /** The endpoint in messages: `http://collector:4317`, `dns:///collector:4317`. */
  readonly origin: string;
}

/** Matches a scheme of gRPC name resolution, but not a host of that name with a port. */
const gRpcName = /^(dns|ipv4|ipv6|unix):(?!\d+$)/i;
const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i;

/**
 * Parses an endpoint: an http or https URL, a host with a port, or a gRPC target: `dns:///collector:4317`,
 * `ipv4:10.0.0.1:4317`, `unix:///run/collector.sock`. Undefined if it is invalid.
 *
 * @param isInsecure whether a connection without an HTTP scheme is plaintext. @default false, but true for Unix sockets
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
  // gRPC uses port 443 by default even for plaintext, so the default port of HTTP is set here.
  const target = `dns:${url.hostname}:${url.port || (isSecure ? 443 : 80)}`;
  return { target, isSecure, origin: url.origin };
}

/** Returns the address of a target for a connection without gRPC; undefined unless there is exactly one. */
export function grpcAddress(target: string): { host: string; port: number } | { path: string } | undefined {
  const [, scheme = '', rest = ''] = /^([a-z\d]+):(.*)$/i.exec(target) ?? [];
  if (scheme.toLowerCase() === 'unix') return { path: rest.replace(/^\/\/(?=\/)/, '') };
  const [, bracketed, name, port] =
    /^(?:\[([\da-f:.]+)\]|([^:,[\]]+)):(\d+)$/i.exec(rest.replace(/^\/\/[^/]*\//, '')) ?? [];
  const host = bracketed ?? name;
  return host === undefined ? undefined : { host, port: Number(port) };
}
