import { BlockList, isIP } from 'node:net';
import { hostname } from 'node:os';

/** What a listener knows of the names by which it is reached. */
export interface HostCheckOptions {
  /** The address that it listens on. */
  readonly host: string;
  /** Names beside those that are always allowed; `*.example.com` allows every name below that one, `*` every name. */
  readonly allowedHosts: readonly string[];
}

/** Names under these cannot be bought, so that nobody outside can let one of them point here. */
const privateSuffixes = ['.localhost', '.local', '.internal', '.svc', '.home.arpa'];

const digits = '0123456789';
const nameCharacters = `abcdefghijklmnopqrstuvwxyz${digits}-._`;
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Decides by the Host header whether a request is meant for this listener. A web page can let its own name resolve to an address that only the
 * reader's browser reaches (DNS rebinding); such a request bears the page's name.
 */
export class HostCheck {
  readonly #isLoopback: boolean;
  readonly #names: ReadonlySet<string>;
  readonly #suffixes: readonly string[];
  readonly #allowsAll: boolean;

  constructor({ host, allowedHosts }: HostCheckOptions) {
    const allowed = allowedHosts.map(normalized);
    this.#isLoopback = isLoopback(normalized(host));
    this.#allowsAll = allowed.includes('*');
    this.#names = new Set([
      normalized(host),
      ...allowed,
      ...(this.#isLoopback ? [] : [normalized(hostname())]),
    ]);
    this.#suffixes = [
      ...allowed.filter((name) => name.startsWith('*.')).map((name) => name.slice(1)),
      ...(this.#isLoopback ? [] : privateSuffixes),
    ];
  }

  /** Whether a Host header, with its port, is one of ours. Without one the request comes from no browser. */
  allows(header: string | undefined): boolean {
    if (header === undefined || this.#allowsAll) return true;
    const name = parseHost(header);
    if (name === undefined) return false;
    if (isLoopback(name) || this.#names.has(name)) return true;
    if (this.#suffixes.some((suffix) => name.length > suffix.length && name.endsWith(suffix))) return true;
    return !this.#isLoopback && (isIP(name) !== 0 || !name.includes('.'));
  }
}

/** Whether a text is a name that `allowedHosts` can have: no port, no scheme, a star only as the first label. */
export function isAllowedHostPattern(value: unknown): boolean {
  if (typeof value !== 'string' || value.length > 255) return false;
  if (value === '*' || isIP(value) !== 0) return true;
  const name = value.startsWith('*.') ? value.slice(2) : value;
  return name !== '' && isName(normalized(name));
}

/** The host of a Host header in one spelling; undefined when it is none. */
function parseHost(header: string): string | undefined {
  const end = header.startsWith('[') ? header.indexOf(']') + 1 : findOrEnd(header, ':');
  const port = header.slice(end);
  const isPort = port === '' || (port.startsWith(':') && hasOnly(digits, port.slice(1)));
  if (end === 0 || !isPort) return undefined;
  const name = normalized(header.slice(0, end));
  return isIP(name) !== 0 || isName(name) ? name : undefined;
}

/** Lower case, without the brackets of IPv6 and the dot of the root. */
function normalized(host: string): string {
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
