import { groupBy } from './group-by.ts';

/**
 * Endings of names of secrets, in lower case, without separators, plural and numbers. Compared with the lists of
 * detect-secrets, gitleaks, Datadog, Elastic, Rails and Sentry.
 */
const endings: readonly string[] = (
  'accesskey accesskeyid accountkey apikey apikeyid appkey applicationkey authkey clientkey consumerkey cryptkey ' +
  'databasekey dbkey decryptionkey deploykey encryptionkey functionskey hmackey ingestionkey instrumentationkey ' +
  'licensekey masterkey passkey privatekey privkey secretkey servicekey sessionkey sharedkey signingkey sshkey ' +
  'subscriptionkey symmetrickey writekey ' +
  'contrasena contraseña kennwort motdepasse passcode passphrase passwd passwort password passwrd pswd pwd ' +
  'adminpass databasepass dbpass ftppass keypass ldappass mailpass mysqlpass pgpass proxypass redispass rootpass ' +
  'smtppass sshpass userpass ' +
  'authcode authorizationcode backupcode codeverifier devicecode mfacode oauthverifier otpcode recoverycode ' +
  'verificationcode ' +
  'authorization basicauth clientassertion connectionstring connstring connstr cookie cred credential hmac jwt ' +
  'mnemonic proxyauth samlresponse secret secrete secretid secreto seedphrase sessid sessionid signature token'
).split(' ');

/** Names that are secret only as a whole, because many harmless names end with them. */
const wholeNames: ReadonlySet<string> = new Set(
  'auth bearer csrf cvc cvv dsn haslo otp pfx pword pw senha sid sig totp xauth xsrf'.split(' '),
);

/** Names that are secret only as a whole and only if the value is a string. */
const wholeTexts: ReadonlySet<string> = new Set(['pass', 'session']);

/** Names that end like a secret but are not one. */
const safeNames: ReadonlySet<string> = new Set([
  // Token counts of language models.
  ...'audio cache cached completion image input limit max min output prompt reasoning remaining text thinking total used'
    .split(' ')
    .map((kind) => `${kind}token`),
  ...'functionsignature methodsignature sacred typesignature'.split(' '),
]);

/** Suffixes of names of secrets: `passwordHash`, `token.value`, `private_key_pem`. */
const suffixes: readonly string[] = (
  'again base bytes confirm confirmation current data digest encoded encrypted env hash header hex md new old ' +
  'original pem plain plaintext raw repeat salt sha string text value verify'
).split(' ');

/** Query parameters that are secret although an attribute of the same name is not. */
const inQuery: ReadonlySet<string> = new Set(['code', 'key', 'pass', 'session']);

/** The endings by their last two letters, so that a name is compared with few of them. */
const endingsByLetters: ReadonlyMap<string, readonly string[]> = groupBy(endings, (ending) =>
  ending.slice(-2),
);

const MAX_LENGTH = 256;
const MAX_CACHED_NAMES = 2000;
const MAX_CACHED_LENGTH = 64;

/**
 * Normalizes a name for comparison: lower case, without `-`, `_`, quotes and blanks, and with `.` instead of brackets, colons
 * and slashes. Only the end of a very long name is kept, because names are recognized by their end.
 */
export function normalizeKey(name: string): string {
  let normal = '';
  for (const character of name.slice(-MAX_LENGTH).toLowerCase()) {
    if ('[:/'.includes(character)) normal += '.';
    else if (!'-_ ]"\'$'.includes(character)) normal += character;
  }
  return normal;
}

/** Whether a name indicates a secret value: always, unless it is a number (a plural may name a count), if it is a string, or never. */
export type Verdict = 'secret' | 'secret-unless-number' | 'secret-if-text' | 'none';

/** Recognizes names of secrets. */
export class SensitiveKeys {
  readonly #added: readonly string[];
  readonly #except: readonly string[];
  /** Cached results for query parameters, because they recur with each request. */
  readonly #queryMembers = new Map<string, boolean>();

  /**
   * @param added names of secrets in addition to the built-in ones; `card.number` also matches `payment.card.number`
   * @param except names that are not secret
   */
  constructor(added: readonly string[] = [], except: readonly string[] = []) {
    this.#added = added.map(normalizeKey);
    this.#except = except.map(normalizeKey);
  }

  /** The verdict on the name of an attribute, a header field or a member of an object. */
  verdict(name: string): Verdict {
    const normal = normalizeKey(name);
    if (matches(normal, this.#except)) return 'none';
    return matches(normal, this.#added) ? 'secret' : builtInVerdict(normal);
  }

  /** Whether the query parameter of this decoded name is secret. */
  hasQueryMember(name: string): boolean {
    const known = this.#queryMembers.get(name);
    if (known !== undefined) return known;
    const normal = normalizeKey(name);
    const isSecret =
      !matches(normal, this.#except) &&
      (this.verdict(name) !== 'none' || inQuery.has(singular(withoutBrackets(normal))));
    if (name.length <= MAX_CACHED_LENGTH) {
      // Bounds the cache when clients generate names without limit.
      if (this.#queryMembers.size >= MAX_CACHED_NAMES) this.#queryMembers.clear();
      this.#queryMembers.set(name, isSecret);
    }
    return isSecret;
  }
}

/** The part of a normal name after its last dot. */
export function lastPart(normal: string): string {
  return normal.slice(normal.lastIndexOf('.') + 1);
}

/** Removes suffixes one by one until the name ends with the name of a secret or an unknown word. */
function builtInVerdict(normal: string): Verdict {
  if (normal.startsWith('genai.') || normal.startsWith('llm.')) return 'none';
  let remaining = normal;
  while (remaining !== '') {
    const part = lastPart(remaining);
    const before = remaining.slice(0, remaining.length - part.length);
    const unnumbered = withoutNumber(part);
    const name = singular(unnumbered);
    if (safeNames.has(name)) return 'none';
    if (wholeNames.has(name) || endsLikeSecret(name)) {
      return name === unnumbered ? 'secret' : 'secret-unless-number';
    }
    if (wholeTexts.has(name)) return 'secret-if-text';
    const shorter = unnumbered === '' ? '' : withoutSuffix(unnumbered);
    if (shorter === undefined) return 'none';
    remaining = shorter === '' ? before.slice(0, -1) : before + shorter;
  }
  return 'none';
}

function endsLikeSecret(name: string): boolean {
  return endingsByLetters.get(name.slice(-2))?.some((ending) => name.endsWith(ending)) ?? false;
}

/** Removes a known suffix; undefined if there is none. */
function withoutSuffix(name: string): string | undefined {
  const suffix = suffixes.find((known) => name.endsWith(known));
  return suffix === undefined ? undefined : name.slice(0, name.length - suffix.length);
}

function withoutNumber(name: string): string {
  let end = name.length;
  while (end > 0 && '0123456789'.includes(name.charAt(end - 1))) end--;
  return name.slice(0, end);
}

/** Turns the normalized `key[]` into `key`. */
function withoutBrackets(normal: string): string {
  return normal.endsWith('.') ? normal.slice(0, -1) : normal;
}

function singular(name: string): string {
  return name.endsWith('s') && !name.endsWith('ss') ? name.slice(0, -1) : name;
}

function matches(normal: string, names: readonly string[]): boolean {
  return names.some((name) => normal === name || normal.endsWith(`.${name}`));
}
