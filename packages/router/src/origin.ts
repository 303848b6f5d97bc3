import type { IncomingMessage } from 'node:http';
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

/**
 * Where a request came from; `hops` proxies of your own stand in front: each appends to the list, so the entry
 * that counts is that many from the end; what stands before it a client may have made up.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7239
 */
export function originOf({ headers, socket }: IncomingMessage, hops: number): Origin {
  const said = (name: string): string | null | undefined => {
    if (!hops) return undefined;
    const forwarded = entry(headers.forwarded, hops);
    // Its pairs have the grammar of a media type's parameters.
    if (forwarded) return new MIMEType(`x/x;${forwarded}`).params.get(name);
    return entry(headers[`x-forwarded-${name}`], hops);
  };
  const scheme = said('proto')?.toLowerCase();
  const client = said('for');
  return {
    scheme:
      scheme === 'https' || scheme === 'http'
        ? scheme
        : (socket as Partial<TLSSocket>).encrypted
          ? 'https'
          : 'http',
    host: said('host') || headers.host || (headers[':authority'] as string | undefined) || '',
    client: (hostOf(client)?.name ?? client) || socket.remoteAddress,
  };
}

/** The entry that the outermost of our own proxies wrote; the first one when the list is shorter. */
function entry(header: string | readonly string[] | undefined, hops: number): string | undefined {
  return header?.toString().split(',').slice(-hops)[0]?.trim();
}

/** Name and port (0: the default one) of a host. */
export interface Host {
  readonly name: string;
  readonly port: number;
}

/** A server is called by few names, but a client can make up any number of them. */
const hosts = new Map<string, Host | undefined>();

/** The parts of a host as it was written; an IPv6 address loses its brackets. Undefined when there is none. */
export function hostOf(written: string | null | undefined): Host | undefined {
  if (!written) return undefined;
  const known = hosts.get(written);
  if (known) return known;
  const url = URL.parse(`ws://${written}`);
  const host = url ? { name: url.hostname.replaceAll(/[[\]]/gu, ''), port: Number(url.port) } : undefined;
  if (hosts.size < 100) hosts.set(written, host);
  return host;
}
