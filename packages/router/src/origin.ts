import type { IncomingHttpHeaders } from 'node:http';

export type Scheme = 'http' | 'https';

/** Where a request was sent to, and by whom. */
export interface Origin {
  readonly scheme: Scheme;
  /** Name and port as the client wrote them. */
  readonly host: string | undefined;
  readonly client: string | undefined;
}

/**
 * What proxies say of a request. `hops` proxies of your own stand in front: each appends to the list, so the entry
 * that counts is that many from the end; what stands before it a client may have made up.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7239
 */
export function forwardedOrigin(headers: IncomingHttpHeaders, direct: Origin, hops: number): Origin {
  const said =
    headers.forwarded === undefined ? fromXForwarded(headers, hops) : fromForwarded(headers.forwarded, hops);
  const scheme = said.proto?.toLowerCase();
  return {
    scheme: scheme === 'https' || scheme === 'http' ? scheme : direct.scheme,
    host: said.host ?? direct.host,
    client: said.for ?? direct.client,
  };
}

type Said = Readonly<Record<string, string | undefined>>;

function fromForwarded(header: string, hops: number): Said {
  const said: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const pair of (entry(header, hops) ?? '').split(';')) {
    const equals = pair.indexOf('=');
    const value = pair.slice(equals + 1).trim();
    if (equals !== -1) said[pair.slice(0, equals).trim().toLowerCase()] = value.replaceAll('"', '');
  }
  return said.for === undefined ? said : { ...said, for: splitHost(said.for).name };
}

function fromXForwarded(headers: IncomingHttpHeaders, hops: number): Said {
  const at = (name: string): string | undefined => entry(headers[name], hops);
  return { for: at('x-forwarded-for'), proto: at('x-forwarded-proto'), host: at('x-forwarded-host') };
}

/** The entry that the outermost of our own proxies wrote; the first one when the list is shorter. */
function entry(header: string | readonly string[] | undefined, hops: number): string | undefined {
  const entries = header?.toString().split(',');
  return entries?.[Math.max(0, entries.length - hops)]?.trim() || undefined;
}

/** Name and port of a host; an IPv6 address loses its brackets. */
export function splitHost(host: string): { readonly name: string; readonly port: number | undefined } {
  const bracket = host.lastIndexOf(']');
  const colon = host.indexOf(':', bracket + 1);
  const name = colon === -1 ? host : host.slice(0, colon);
  const port = colon === -1 ? Number.NaN : Number(host.slice(colon + 1));
  return {
    name: bracket === -1 ? name : name.slice(1, bracket),
    port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined,
  };
}
