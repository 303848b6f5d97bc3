import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIPv4, type Socket } from 'node:net';
import parseForwarded from 'forwarded-parse';

/** The value of `url.scheme`. */
export type Scheme = 'http' | 'https';

/** A server address. */
export interface Address {
  readonly name: string;
  readonly port: number | undefined;
}

const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * Returns the address that the client sent a request to: from the headers of proxies, else from `host`.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#setting-serveraddress-and-serverport-attributes
 */
export function serverAddress(headers: IncomingHttpHeaders, scheme: Scheme): Address | undefined {
  const { forwarded, host } = headers;
  if (forwarded !== undefined) {
    const entry = parseForwardedHeader(forwarded).find((each) => each['host']);
    if (entry?.['host'] !== undefined) return createAddress(entry['host'], entry['proto']);
  }
  const { 'x-forwarded-host': proxied, 'x-forwarded-proto': protocol } = headers;
  if (typeof proxied === 'string') return createAddress(proxied, protocol?.toString());
  return host === undefined || host === '' ? undefined : createAddress(host, scheme);
}

/** Returns the address of the client: from the headers of proxies, else of the peer. */
export function clientAddress({ headers, socket }: IncomingMessage): string | undefined {
  const { forwarded, 'x-forwarded-for': list } = headers;
  if (forwarded !== undefined) {
    const entry = parseForwardedHeader(forwarded).find((each) => each['for']);
    if (entry?.['for'] !== undefined) return withoutPort(entry['for']);
  }
  const first = list?.toString().split(',', 1)[0]?.trim();
  return first === undefined || list === ''
    ? (socket as Socket | null | undefined)?.remoteAddress
    : withoutPort(first);
}

function parseForwardedHeader(forwarded: string): Record<string, string>[] {
  try {
    return parseForwarded(forwarded);
  } catch {
    return [];
  }
}

/** The last result: most requests use the same host name. */
let last:
  | { readonly host: string; readonly protocol: string | undefined; readonly address: Address }
  | undefined;

function createAddress(host: string, protocol: string | undefined): Address {
  if (last?.host !== host || last.protocol !== protocol) {
    last = { host, protocol, address: parseHost(host, protocol) };
  }
  return last.address;
}

/** Parses name and port of a host. An IPv6 address keeps its brackets, as in upstream's instrumentation. */
function parseHost(host: string, protocol: string | undefined): Address {
  const colon = host.indexOf(':');
  const port = defaultPorts[protocol ?? ''];
  if (colon === -1) return { name: host, port };
  if (colon === host.lastIndexOf(':')) return splitAt(host, colon);
  if (host.startsWith('[')) {
    if (host.endsWith(']')) return { name: host, port };
    const end = host.lastIndexOf(':');
    if (host.charAt(end - 1) === ']') return splitAt(host, end);
  }
  return { name: host, port: undefined };
}

function splitAt(host: string, colon: number): Address {
  const port = Number(host.slice(colon + 1));
  const isPort = Number.isInteger(port) && port > 0 && port < 65_536;
  return { name: host.slice(0, colon), port: isPort ? port : undefined };
}

/** Removes the port of an address in a header, such as `192.0.2.1:80` or `[2001:db8::1]:80`. */
function withoutPort(address: string): string {
  if (isIPv4(address)) return address;
  const host = URL.parse(`http://${address}`)?.hostname;
  if (host === undefined) return address;
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
