import { BlockList, isIP } from 'node:net';
import { hostname } from 'node:os';

/** The host names that a server accepts. */
export interface HostCheckOptions {
  /** The address that the server listens on. */
  readonly host: string;
  /** Names in addition to those always allowed; `*.example.com` allows every name below that one, `*` every name. */
  readonly allowedHosts: readonly string[];
}

/** Domains that cannot be registered, so an attacker cannot point one of their names here. */
const privateSuffixes = ['.localhost', '.local', '.internal', '.svc', '.home.arpa'];

const digits = '0123456789';
const nameCharacters = `abcdefghijklmnopqrstuvwxyz${digits}-._`;
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Protects against DNS rebinding: a web page can resolve its own name to an address that only the user's browser reaches.
 * Such a request has the web page's name in its Host header.
 */
export class HostCheck {
  readonly #isLoopback: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #suffixes: readonly string[];
  readonly #allowsAll: boolean;

  constructor({ host, allowedHosts }: HostCheckOptions) {
    const allowed = allowedHosts.map(normalize);
    this.#isLoopback = isLoopback(normalize(host));
    this.#allowsAll = allowed.includes('*');
    this.#names = new Set([
      normalize(host),
      ...allowed,
      ...(this.#isLoopback ? [] : [normalize(hostname())]),
    ]);
    this.#suffixes = [
      ...allowed.filter((name) => name.startsWith('*.')).map((name) => name.slice(1)),
      ...(this.#isLoopback ? [] : privateSuffixes),
    ];
  }

  /** Whether a Host header is allowed. Browsers always send one. */
  allows(header: string | undefined): boolean {
    if (header === undefined || this.#allowsAll) return true;
    const name = parseHost(header);
    if (name === undefined) return false;
    if (isLoopback(name) || this.#names.has(name)) return true;
    if (this.#suffixes.some((suffix) => name.length > suffix.length && name.endsWith(suffix))) return true;
    return !this.#isLoopback && (isIP(name) !== 0 || !name.includes('.'));
  }
}

/** Whether a value is valid in `allowedHosts`: a host name without scheme and port, `*`, or a name that starts with `*.`. */
export function isAllowedHostPattern(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 255) return false;
  if (value === '*' || isIP(value) !== 0) return true;
  const name = value.startsWith('*.') ? value.slice(2) : value;
  return name !== '' && isName(normalize(name));
}

/** The normalize host of a Host header; undefined if the header is malformed. */
function parseHost(header: string): string | undefined {
  const end = header.startsWith('[') ? header.indexOf(']') + 1 : findOrEnd(header, ':');
  const port = header.slice(end);
  const isPort = port === '' || (port.startsWith(':') && hasOnly(digits, port.slice(1)));
  if (end === 0 || !isPort) return undefined;
  const name = normalize(header.slice(0, end));
  return isIP(name) !== 0 || isName(name) ? name : undefined;
}

/** Lower case, without the brackets of an IPv6 address and without a trailing dot. */
function normalize(host: string): string {
  const name = host.trim().toLowerCase();
  if (name.startsWith('[') && name.endsWith(']')) return name.slice(1, -1);
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function isLoopback(name: string): boolean {
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  const version = isIP(name);
  return version !== 0 && loopback.check(name, version === 4 ? 'ipv4' : 'ipv6');
}

function isName(name: string): boolean {
  return name !== '' && name.length <= 255 && hasOnly(nameCharacters, name);
}

function hasOnly(characters: string, text: string): boolean {
  for (const character of text) if (!characters.includes(character)) return false;
  return true;
}

function findOrEnd(text: string, part: string): number {
  const index = text.indexOf(part);
  return index === -1 ? text.length : index;
}
