import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { MIMEType } from 'node:util';

type Scheme = 'http' | 'https';

/** The client of a request, and the address that it requested. */
export interface Origin {
  readonly scheme: Scheme;
  /** Name and port as the client wrote them; empty when it wrote none. */
  readonly host: string;
  readonly client: string | undefined;
}

/** The trusted proxies, and the header fields that they write. */
export interface TrustProxyOptions {
  /** Number of your own proxies in front of the server. @default 1 */
  readonly hops?: number;
  /**
   * `x-forwarded`: the fields `x-forwarded-for`, `-proto`, `-host` and `-port`, as nginx, HAProxy, Traefik and cloud
   * load balancers write them. `forwarded`: the field of RFC 7239. The router never reads the other family, because
   * proxies pass on the fields of a client. @default 'x-forwarded'
   */
  readonly header?: 'forwarded' | 'x-forwarded';
}

/**
 * Reads the origin of a request. Each proxy appends to a list, so the trusted entry is the one `hops` from the end: a
 * client may have forged the entries before it. Malformed values are ignored.
 *
 * @param authority - The authority of a target in absolute form, which takes precedence over the host field
 *
 * @see https://www.rfc-editor.org/rfc/rfc7239
 */
export function getOrigin(
  { headers, socket }: IncomingMessage,
  authority: string | undefined,
  { hops, header }: TrustProxyOptions,
): Origin {
  let secure: unknown = (socket as Partial<TLSSocket> | undefined)?.encrypted;
  let host = authority || headers.host || '';
  let client = socket?.remoteAddress;
  // Fast path: without trusted proxies, the connection alone counts.
  if (hops) {
    const forwarded = (name: string): string =>
      header === 'x-forwarded'
        ? entry(headers[`x-forwarded-${name}`], hops)
        : // Its pairs have the grammar of the parameters of a media type.
          (new MIMEType(`x/x;${entry(headers.forwarded, hops)}`).params.get(name) ?? '');
    secure = /^(?:http|ws)(s?)$/i.exec(forwarded('proto'))?.[1] ?? secure;
    const forwardedHost = forwarded('host');
    if (parseHost(forwardedHost)) host = forwardedHost;
    const port = header === 'x-forwarded' ? forwarded('port') : '';
    // Ignore default ports of either scheme: a proxy behind the one that terminates TLS writes 80.
    const withPort = `${host}:${port}`;
    if (port !== '443' && !/:\d*$/.test(host) && parseHost(withPort)?.port) host = withPort;
    client = parseAddress(forwarded('for')) || client;
  }
  return { scheme: secure ? 'https' : 'http', host, client };
}

/** The entry that the outermost trusted proxy wrote; the first one when the list is shorter. */
function entry(field: string | readonly string[] | undefined, hops: number): string {
  return field?.toString().split(',').slice(-hops)[0]?.trim() ?? '';
}

/** An IP address without its port; empty for anything else, such as a name, `unknown` or a token. */
function parseAddress(text: string): string {
  const address = text.replace(/^\[(.*)\](:\d+)?$|^([^:]*):\d+$/, '$1$3');
  return isIP(address) ? address : '';
}

/** Name and port (0 for the default port) of a host. */
export interface Host {
  readonly name: string;
  readonly port: number;
}

/** Bounded: a server has few names, but clients can send any number of them. */
const hosts = new Map<string, Host | undefined>();

/** Parses a host; an IPv6 address loses its brackets. Undefined when the host is malformed. */
export function parseHost(text: string | null | undefined): Host | undefined {
  if (!text) return undefined;
  const known = hosts.get(text);
  if (known) return known;
  const url = /^[\w.~!$&'()*+,;=%:[\]-]+$/.test(text) ? URL.parse(`ws://${text}`) : undefined;
  const host = url ? { name: url.hostname.replaceAll(/[[\]]/gu, ''), port: Number(url.port) } : undefined;
  if (host && hosts.size < 100) hosts.set(text, host);
  return host;
}
