import { groupBy } from './group-by.ts';
/**
 * How the names of secrets end, in lower case, without separators, plural and numbers. Measured against the lists of
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

/** Names that are secrets only as a whole: many harmless names end like them. */
const whole: ReadonlySet<string> = new Set(
  'auth bearer csrf cvc cvv dsn haslo otp pfx pword pw senha sid sig totp xauth xsrf'.split(' '),
);

/** Names of secrets as a whole where the value is a text: an object of that name is searched, and a number is none. */
const wholeTexts: ReadonlySet<string> = new Set(['pass', 'session']);

/** Names that end like one of a secret, and are none. */
const harmless: ReadonlySet<string> = new Set([
  // Kinds of numbers that language models count.
  ...'audio cache cached completion image input limit max min output prompt reasoning remaining text thinking total used'
    .split(' ')
    .map((counted) => `${counted}token`),
  ...'functionsignature methodsignature sacred typesignature'.split(' '),
]);

/** What may follow the name of a secret and leaves it one: `passwordHash`, `token.value`, `private_key_pem`. */
const followers: readonly string[] = (
  'again base bytes confirm confirmation current data digest encoded encrypted env hash header hex md new old ' +
  'original pem plain plaintext raw repeat salt sha string text value verify'
).split(' ');

/** Query members that are secrets, where an attribute of that name is none. */
const inQuery: ReadonlySet<string> = new Set(['code', 'key', 'pass', 'session']);

/** Looked up by the last two letters, so that a name is compared with few. */
const endingsByLetters: ReadonlyMap<string, readonly string[]> = groupBy(endings, (ending) =>
  ending.slice(-2),
);

const maxLength = 256;
const maxVerdicts = 2000;
const maxKeptLength = 64;

/**
 * A name as it is compared: in lower case, without `-`, `_`, quotes and blanks, members of brackets and of paths after
 * a dot. Only the end of a very long one counts, as names are recognized by their end.
 */
export function normalizeKey(name: string): string {
  let normal = '';
  for (const character of name.slice(-maxLength).toLowerCase()) {
    if ('[:/'.includes(character)) normal += '.';
    else if (!'-_ ]"\'$'.includes(character)) normal += character;
  }
  return normal;
}

/**
 * What a name says of its value: that it is a secret, that it is one unless it is a number (a plural may name a count),
 * that it is one if it is a text, or nothing.
 */
export type Verdict = 'secret' | 'secret-unless-number' | 'secret-if-text' | 'none';

/** Which names say that their value is a secret. */
export class SensitiveKeys {
  readonly #added: readonly string[];
  readonly #except: readonly string[];
  /** Of members of queries: their names come with each request, and most are few. */
  readonly #members = new Map<string, boolean>();

  /**
   * @param added names of secrets beside the usual ones; a name covers those that have dotted parts before it
   * @param except names of what is no secret
   */
  constructor(added: readonly string[] = [], except: readonly string[] = []) {
    this.#added = added.map(normalizeKey);
    this.#except = except.map(normalizeKey);
  }

  /** What the name of an attribute, a header field or a member of an object says. */
  verdict(name: string): Verdict {
    const normal = normalizeKey(name);
    if (matches(normal, this.#except)) return 'none';
    return matches(normal, this.#added) ? 'secret' : usualVerdict(normal);
  }

  /** Whether a member of a query string with this name, decoded, is a secret. */
  hasQueryMember(name: string): boolean {
    const known = this.#members.get(name);
    if (known !== undefined) return known;
    const normal = normalizeKey(name);
    const isSecret =
      !matches(normal, this.#except) &&
      (this.verdict(name) !== 'none' || inQuery.has(singular(withoutBrackets(normal))));
    if (name.length <= maxKeptLength) {
      // Names that clients make up without end are worked out again and again.
      if (this.#members.size >= maxVerdicts) this.#members.clear();
      this.#members.set(name, isSecret);
    }
    return isSecret;
  }
}

/** The part of a normal name after its last dot. */
export function lastPart(normal: string): string {
  return normal.slice(normal.lastIndexOf('.') + 1);
}

/** Takes off what may follow a secret's name, a piece a turn, until the name of a secret or something else ends it. */
function usualVerdict(normal: string): Verdict {
  if (normal.startsWith('genai.') || normal.startsWith('llm.')) return 'none';
  let rest = normal;
  while (rest !== '') {
    const part = lastPart(rest);
    const before = rest.slice(0, rest.length - part.length);
    const unnumbered = withoutNumber(part);
    const name = singular(unnumbered);
    if (harmless.has(name)) return 'none';
    if (whole.has(name) || endsLikeSecret(name)) {
      return name === unnumbered ? 'secret' : 'secret-unless-number';
    }
    if (wholeTexts.has(name)) return 'secret-if-text';
    const shorter = unnumbered === '' ? '' : withoutFollower(unnumbered);
    if (shorter === undefined) return 'none';
    rest = shorter === '' ? before.slice(0, -1) : before + shorter;
  }
  return 'none';
}

function endsLikeSecret(name: string): boolean {
  return endingsByLetters.get(name.slice(-2))?.some((ending) => name.endsWith(ending)) ?? false;
}

/** Undefined when nothing of the kind ends the name. */
function withoutFollower(name: string): string | undefined {
  const follower = followers.find((each) => name.endsWith(each));
  return follower === undefined ? undefined : name.slice(0, name.length - follower.length);
}

function withoutNumber(name: string): string {
  let end = name.length;
  while (end > 0 && '0123456789'.includes(name.charAt(end - 1))) end--;
  return name.slice(0, end);
}

/** `key[]` is `key`. */
function withoutBrackets(normal: string): string {
  return normal.endsWith('.') ? normal.slice(0, -1) : normal;
}

function singular(name: string): string {
  return name.endsWith('s') && !name.endsWith('ss') ? name.slice(0, -1) : name;
}

function matches(normal: string, names: readonly string[]): boolean {
  return names.some((name) => normal === name || normal.endsWith(`.${name}`));
}
