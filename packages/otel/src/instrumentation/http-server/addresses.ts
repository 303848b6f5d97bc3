import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4, type Socket } from 'node:net';
import parseForwarded from 'forwarded-parse';

/** The value of `url.scheme`. */
export type Scheme = 'http' | 'https';

/** A server address. */
export interface Address {
  readonly name: string;
  readonly port: number | undefined;
}

const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

const schemePattern = /^(?:http|ws)(s?)$/i;

/**
 * Returns the scheme of the request that the client sent: from the headers of proxies, else of the connection.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export function requestScheme({ headers }: IncomingMessage, connection: Scheme): Scheme {
  const { forwarded, 'x-forwarded-proto': list } = headers;
  // Fast path: most requests have neither field.
  if (forwarded === undefined && list === undefined) return connection;
  const protocol = forwardedMember(forwarded, 'proto') ?? firstEntry(list);
  const match = schemePattern.exec(protocol ?? '');
  if (match === null) return connection;
  return match[1] === '' ? 'http' : 'https';
}

/** The authority of a target in absolute form, which takes precedence over `host`. */
const absoluteForm = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#]*@)?([^/?#@]*)/i;

/**
 * Returns the address that the client sent a request to: from the headers of proxies, else from the target or `host`.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#setting-serveraddress-and-serverport-attributes
 */
export function serverAddress({ headers, url = '' }: IncomingMessage, scheme: Scheme): Address | undefined {
  const { forwarded, host, 'x-forwarded-host': list } = headers;
  const proxied =
    forwarded === undefined && list === undefined
      ? undefined
      : (forwardedMember(forwarded, 'host') ?? firstEntry(list));
  const authority = url.startsWith('/') ? undefined : absoluteForm.exec(url)?.[1];
  const name = proxied || authority || host;
  return name ? createAddress(name, scheme) : undefined;
}

/** Returns the address of the client: from the headers of proxies, if it is an IP address, else of the peer. */
export function clientAddress({ headers, socket }: IncomingMessage): string | undefined {
  const { forwarded, 'x-forwarded-for': list } = headers;
  if (forwarded !== undefined || list !== undefined) {
    const address = withoutPort(forwardedMember(forwarded, 'for') ?? firstEntry(list) ?? '');
    // A proxy may send `unknown` or an obfuscated identifier.
    if (isIP(address) !== 0) return address;
  }
  return (socket as Socket | null | undefined)?.remoteAddress;
}

function firstEntry(list: string | readonly string[] | undefined): string | undefined {
  return list?.toString().split(',', 1)[0]?.trim();
}

/** The member of the first element that has it. */
function forwardedMember(forwarded: string | undefined, name: string): string | undefined {
  if (forwarded === undefined) return undefined;
  return parseForwardedHeader(forwarded).find((each) => each[name])?.[name];
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

/** Parses name and port of a host. An IPv6 address loses its brackets. */
function parseHost(host: string, protocol: string | undefined): Address {
  const colon = host.indexOf(':');
  const port = defaultPorts[protocol ?? ''];
  if (colon === -1) return { name: host, port };
  if (colon === host.lastIndexOf(':')) return splitAt(host, colon);
  if (host.startsWith('[')) {
    if (host.endsWith(']')) return { name: host.slice(1, -1), port };
    const end = host.lastIndexOf(':');
    if (host.charAt(end - 1) === ']') {
      return { name: host.slice(1, end - 1), port: splitAt(host, end).port };
    }
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
