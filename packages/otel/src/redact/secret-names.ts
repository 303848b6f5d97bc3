/** What the name of a secret ends with, in lower case and without separators. */
const endings: readonly string[] = [
  'accesskey',
  'accesskeyid',
  'apikey',
  'authorization',
  'connectionstring',
  'cookie',
  'cookies',
  'credential',
  'credentials',
  'jwt',
  'passphrase',
  'passwd',
  'password',
  'privatekey',
  'pwd',
  'secret',
  'secretkey',
  'signature',
  'signingkey',
  'token',
];

/** Names that are secrets only as a whole. */
const whole: ReadonlySet<string> = new Set(['auth', 'bearer', 'sig']);

/** Query members that are secrets, where an attribute of that name is none. */
const inQuery: ReadonlySet<string> = new Set(['code', 'key', 'pass']);

const maxLength = 256;

/**
 * A name as it is compared: in lower case, without `-`, `_` and blanks, members of brackets after a dot. Only the end
 * of a very long one counts, as names are recognised by their end.
 */
export function normalName(name: string): string {
  return name
    .slice(-maxLength)
    .toLowerCase()
    .replaceAll('-', '')
    .replaceAll('_', '')
    .replaceAll(' ', '')
    .replaceAll('[', '.')
    .replaceAll(']', '');
}

/** Which names say that their value is a secret. */
export class SecretNames {
  readonly #added: readonly string[];
  readonly #except: readonly string[];

  /**
   * @param added names of secrets beside the usual ones; a name covers those that have dotted parts before it
   * @param except names of what is no secret
   */
  constructor(added: readonly string[] = [], except: readonly string[] = []) {
    this.#added = added.map(normalName);
    this.#except = except.map(normalName);
  }

  /** Whether an attribute, a header field or a member of an object with this name is a secret. */
  has(name: string): boolean {
    const normal = normalName(name);
    if (matches(normal, this.#except)) return false;
    return isUsual(lastPart(normal)) || matches(normal, this.#added);
  }

  /** Whether a member of a query string with this name, decoded, is a secret. */
  hasQueryMember(name: string): boolean {
    return this.has(name) || (inQuery.has(normalName(name)) && !matches(normalName(name), this.#except));
  }
}

/** The part of a normal name after its last dot. */
export function lastPart(normal: string): string {
  return normal.slice(normal.lastIndexOf('.') + 1);
}

function isUsual(part: string): boolean {
  return whole.has(part) || endings.some((ending) => part.endsWith(ending));
}

function matches(normal: string, names: readonly string[]): boolean {
  return names.some((name) => normal === name || normal.endsWith(`.${name}`));
}
