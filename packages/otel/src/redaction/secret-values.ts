import { redacted } from './redact-url.ts';
import { groupBy } from './group-by.ts';

/** The characters that a token may have after its prefix. */
type Alphabet = 'upper' | 'hex' | 'alphanumeric' | 'word';

/** The format of the tokens of a service. */
interface TokenFormat {
  readonly prefix: string;
  /** Minimum number of characters after the prefix. */
  readonly minLength: number;
  readonly alphabet: Alphabet;
}

/** Creates the formats of prefixes that are separated by blanks: `ghp_ gho_`. */
function formats(prefixes: string, minLength: number, alphabet: Alphabet): TokenFormat[] {
  return prefixes.split(' ').map((prefix) => ({ prefix, minLength, alphabet }));
}

/** Tokens with a recognizable prefix, as documented by their issuers and listed by gitleaks, detect-secrets and trufflehog. */
const tokenFormats: readonly TokenFormat[] = [
  // AWS, Alibaba
  ...formats('AKIA ASIA ABIA ACCA', 16, 'upper'),
  ...formats('LTAI', 16, 'alphanumeric'),
  // GitHub, GitLab
  ...formats('ghp_ gho_ ghu_ ghs_ ghr_', 36, 'alphanumeric'),
  ...formats('github_pat_', 22, 'word'),
  ...formats('glpat- gldt- glrt- glptt- glcbt- glsoat- glft- glagent- glimt- gloas-', 16, 'word'),
  // Google
  ...formats('AIza', 35, 'word'),
  ...formats('ya29.', 20, 'word'),
  ...formats('GOCSPX-', 20, 'word'),
  // Slack
  ...formats('xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-', 10, 'word'),
  // Stripe, Square, Shopify
  ...formats('sk_live_ rk_live_ sk_test_ rk_test_ whsec_', 10, 'alphanumeric'),
  ...formats('sq0atp- sq0csp-', 22, 'word'),
  ...formats('shpat_ shpca_ shppa_ shpss_', 32, 'hex'),
  // Registries of packages and images
  ...formats('npm_', 36, 'alphanumeric'),
  ...formats('pypi-', 50, 'word'),
  ...formats('rubygems_', 48, 'hex'),
  ...formats('dckr_pat_ dckr_oat_', 20, 'word'),
  // Mail and messages
  ...formats('SG.', 40, 'word'),
  ...formats('key-', 32, 'hex'),
  ...formats('xkeysib-', 40, 'word'),
  // Language models
  ...formats('sk-ant- sk-proj- sk-svcacct-', 20, 'word'),
  ...formats('sk-', 40, 'alphanumeric'),
  ...formats('hf_', 30, 'alphanumeric'),
  // Clouds and tools
  ...formats('dop_v1_ doo_v1_ dor_v1_', 40, 'hex'),
  ...formats('dapi', 32, 'hex'),
  ...formats('hvs. hvb. hvr.', 20, 'word'),
  ...formats('glc_ glsa_ sntrys_ sntryu_ lin_api_ figd_ pul- PMAK- NRAK- NRJS- ATATT3', 20, 'word'),
  ...formats('ntn_', 30, 'alphanumeric'),
  ...formats('AGE-SECRET-KEY-1', 50, 'upper'),
  ...formats('v1.local. v2.local. v3.local. v4.local.', 30, 'word'),
];

/** Three characters as one number, which is cheaper to look up than a string. */
function prefixCode(text: string, index: number): number {
  return (text.charCodeAt(index) << 16) ^ (text.charCodeAt(index + 1) << 8) ^ text.charCodeAt(index + 2);
}

const formatsByPrefix: ReadonlyMap<number, readonly TokenFormat[]> = groupBy(tokenFormats, ({ prefix }) =>
  prefixCode(prefix, 0),
);
const jsonPrefix = prefixCode('eyJ', 0);

/** The length of the shortest token. */
const minTokenLength = 20;
const minKeyLength = 64;
const space = 32;

/** For each of the first 256 characters, the bits of the alphabets that contain it. */
const bits: Readonly<Record<Alphabet, number>> = { upper: 1, hex: 2, alphanumeric: 4, word: 8 };
const characterBits = new Uint8Array(256);
for (const [alphabet, characters] of [
  ['upper', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'],
  ['hex', '0123456789abcdefABCDEF'],
  ['alphanumeric', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'],
  ['word', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'],
] as const) {
  for (const character of characters) characterBits[character.charCodeAt(0)]! |= bits[alphabet];
}

function bitsAt(text: string, index: number): number {
  return characterBits[text.charCodeAt(index)] ?? 0;
}

/**
 * Redacts private keys, tokens and credentials that are recognizable by their format anywhere in a text. Runs in linear time,
 * and skips most of a text without long words: a token has at least 20 characters.
 */
export function redactValues(text: string): string {
  if (text.length < minTokenLength) {
    return text.length < shortestScheme + shortestCredentials ? text : redactCredentials(text);
  }
  const withoutKeys = text.length >= minKeyLength && text.includes('PRIVATE KEY') ? redactKeys(text) : text;
  return redactCredentials(redactTokens(withoutKeys));
}

function redactTokens(text: string): string {
  let result = '';
  let copied = 0;
  let start = 0;
  /** All characters from `start` to this index are known to be token characters. */
  let known = 0;
  let isStartChecked = false;
  for (;;) {
    // Checks the 20th character first, then backwards: no run before a non-token character is long enough.
    const last = (isStartChecked ? known : start) + minTokenLength - 1;
    if (last >= text.length) break;
    let index = last;
    while (index >= known && characterBits[text.charCodeAt(index)]! > 0) index--;
    if (index >= known) {
      start = index + 1;
      known = last + 1;
      isStartChecked = false;
      continue;
    }
    known = last + 1;
    if (!isStartChecked && isTokenStart(text, start)) {
      while (known < text.length && characterBits[text.charCodeAt(known)]! > 0) known++;
      if (isToken(text, start, known)) {
        result += text.slice(copied, start) + redacted;
        copied = known;
      }
    }
    isStartChecked = true;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function isTokenStart(text: string, start: number): boolean {
  const prefix = prefixCode(text, start);
  return prefix === jsonPrefix || formatsByPrefix.has(prefix) || isAfterBearer(text, start);
}

/** Whether a run of token characters is a token. */
function isToken(text: string, start: number, end: number): boolean {
  if (isAfterBearer(text, start)) return true;
  const prefix = prefixCode(text, start);
  if (prefix === jsonPrefix) return isJsonToken(text, start, end);
  const candidates = formatsByPrefix.get(prefix);
  return candidates !== undefined && candidates.some((format) => matchesFormat(text, start, end, format));
}

function isAfterBearer(text: string, start: number): boolean {
  if (start < 7 || text.charCodeAt(start - 1) !== space) return false;
  return text.slice(start - 7, start - 1).toLowerCase() === 'bearer';
}

/** Whether this is a JSON Web Token: base64 segments, the first of which is a JSON object. */
function isJsonToken(text: string, start: number, end: number): boolean {
  let dot = start;
  while (dot < end && text.charCodeAt(dot) !== 46) dot++;
  return dot - start >= 10 && end - dot > 10;
}

function matchesFormat(text: string, start: number, end: number, format: TokenFormat): boolean {
  if (!text.startsWith(format.prefix, start)) return false;
  const from = start + format.prefix.length;
  const bit = bits[format.alphabet];
  let hasDigits = false;
  let index = from;
  for (; index < end && (bitsAt(text, index) & bit) !== 0; index++) {
    hasDigits ||= isDigit(text.charCodeAt(index));
  }
  // Ordinary words have no digits.
  return index - from >= format.minLength && hasDigits;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

const keyBegin = '-----BEGIN ';
const keyEnd = '-----END ';

/** Redacts PEM private keys; a key without an end marker extends to the end of the text. */
function redactKeys(text: string): string {
  let result = '';
  let copied = 0;
  let begin = text.indexOf(keyBegin);
  while (begin !== -1) {
    const labelEnd = text.indexOf('-----', begin + keyBegin.length);
    if (labelEnd === -1) break;
    const label = text.slice(begin + keyBegin.length, labelEnd);
    let next = labelEnd + 5;
    if (label.length <= maxLabelLength && label.includes('PRIVATE KEY')) {
      const end = text.indexOf(keyEnd, next);
      const endOfLabel = end === -1 ? -1 : text.indexOf('-----', end + keyEnd.length);
      next = endOfLabel === -1 ? text.length : endOfLabel + 5;
      result += text.slice(copied, begin) + redacted;
      copied = next;
    }
    begin = text.indexOf(keyBegin, next);
  }
  return copied === 0 ? text : result + text.slice(copied);
}

const maxLabelLength = 40;

/** Authorization schemes and the minimum length of their credentials. */
export const schemes: ReadonlyMap<string, number> = new Map([
  ['apikey', 8],
  ['basic', 8],
  ['bearer', 8],
  ['negotiate', 20],
  ['ntlm', 20],
  ['token', 16],
]);
const schemeLetters = new Uint8Array(128);
for (const [first = ''] of schemes.keys()) {
  schemeLetters[first.charCodeAt(0)] = 1;
  schemeLetters[first.toUpperCase().charCodeAt(0)] = 1;
}
const shortestScheme = 4;
const longestScheme = 9;
const shortestCredentials = 8;

/** Redacts the credentials of an Authorization value such as `Bearer abc123`. */
function redactCredentials(text: string): string {
  if (schemeLetters[text.charCodeAt(0)] !== 1) return text;
  let end = shortestScheme;
  while (end <= longestScheme && text.charCodeAt(end) !== space) end++;
  if (end > longestScheme || end + shortestCredentials >= text.length) return text;
  const scheme = text.slice(0, end).toLowerCase();
  const minLength = schemes.get(scheme);
  if (minLength === undefined || text.length - end - 1 < minLength || text.includes(' ', end + 1)) {
    return text;
  }
  const credentials = text.slice(end + 1);
  const isSecret = scheme === 'basic' ? isUserAndPassword(credentials) : hasDigit(credentials);
  return isSecret ? `${text.slice(0, end)} ${redacted}` : text;
}

/** Whether this is base64 of `user:password`. Very long texts are assumed to be. */
function isUserAndPassword(base64: string): boolean {
  return base64.length > 1000 || Buffer.from(base64, 'base64').includes(':');
}

function hasDigit(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (isDigit(text.charCodeAt(index))) return true;
  return false;
}
