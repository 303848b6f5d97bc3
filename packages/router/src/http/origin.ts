import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { MIMEType } from 'node:util';

type Scheme = 'http' | 'https';

/** Where a request was sent to, and by whom. */
export interface Origin {
  readonly scheme: Scheme;
  /** Name and port as the client wrote them; empty when it did not. */
  readonly host: string;
  readonly client: string | undefined;
}

/** Which proxies are believed, and where they write what they know of the client. */
export interface TrustProxyOptions {
  /** How many proxies of your own stand in front. @default 1 */
  readonly hops?: number;
  /**
   * `x-forwarded`: the fields `x-forwarded-for`, `-proto`, `-host` and `-port`, as nginx, HAProxy, Traefik and cloud
   * load balancers write them. `forwarded`: the field of RFC 7239. The other family is never read:
   * proxies pass on what the client made up there. @default 'x-forwarded'
   */
  readonly header?: 'forwarded' | 'x-forwarded';
}

/**
 * Where a request came from. Each of the own proxies appends to a list, so the entry that counts is that many from the
 * end; what stands before it a client may have made up. What is malformed there is not believed.
 *
 * @param authority - that of a target in absolute form, which stands above the host field
 *
 * @see https://www.rfc-editor.org/rfc/rfc7239
 */
export function getOrigin(
  { headers, socket }: IncomingMessage,
  authority: string | undefined,
  { hops = 1, header = 'x-forwarded' }: TrustProxyOptions,
): Origin {
  const said = (name: string): string => {
    if (!hops) return '';
    if (header === 'x-forwarded') return entry(headers[`x-forwarded-${name}`], hops);
    // Its pairs have the grammar of a media type's parameters.
    return new MIMEType(`x/x;${entry(headers.forwarded, hops)}`).params.get(name) ?? '';
  };
  const secure = /^(?:http|ws)(s?)$/i.exec(said('proto'))?.[1];
  const named = said('host');
  let host = (parseHost(named) && named) || authority || headers.host || '';
  const port = header === 'x-forwarded' ? said('port') : '';
  // A default port of either scheme says nothing: where TLS ends before the last proxy, it writes 80.
  const withPort = `${host}:${port}`;
  if (/^(?!80$|443$)\d+$/.test(port) && !/:\d*$/.test(host) && parseHost(withPort)?.port) host = withPort;
  return {
    scheme: (secure === undefined ? (socket as Partial<TLSSocket> | undefined)?.encrypted : secure)
      ? 'https'
      : 'http',
    host,
    client: addressOf(said('for')) || socket?.remoteAddress,
  };
}

/** The entry that the outermost of our own proxies wrote; the first one when the list is shorter. */
function entry(field: string | readonly string[] | undefined, hops: number): string {
  return field?.toString().split(',').slice(-hops)[0]?.trim() ?? '';
}

/** An IP address without its port; empty when it is none: a name, `unknown` or a token. */
function addressOf(text: string): string {
  const address = text.replace(/^\[(.*)\](:\d+)?$|^([^:]*):\d+$/, '$1$3');
  return isIP(address) ? address : '';
}

/** Name and port (0: the default one) of a host. */
export interface Host {
  readonly name: string;
  readonly port: number;
}

/** A server is called by few names, but a client can make up any number of them. */
const hosts = new Map<string, Host | undefined>();

/** The parts of a host as it was written; an IPv6 address loses its brackets. Undefined when it is malformed. */
export function parseHost(written: string | null | undefined): Host | undefined {
  if (!written) return undefined;
  const known = hosts.get(written);
  if (known) return known;
  const url = /^[\w.~!$&'()*+,;=%:[\]-]+$/.test(written) ? URL.parse(`ws://${written}`) : undefined;
  const host = url ? { name: url.hostname.replaceAll(/[[\]]/gu, ''), port: Number(url.port) } : undefined;
  if (host && hosts.size < 100) hosts.set(written, host);
  return host;
}
