import { redacted } from './redact-url.ts';
import { groupBy } from './group-by.ts';

/** Which characters a token may have after what it begins with. */
type Alphabet = 'upper' | 'hex' | 'alphanumeric' | 'word';

/** What the tokens of a service look like. */
interface TokenForm {
  readonly start: string;
  /** How many characters there are at least after the start. */
  readonly minRest: number;
  readonly alphabet: Alphabet;
}

/** `ghp_ gho_` is two starts. */
function forms(starts: string, minRest: number, alphabet: Alphabet): TokenForm[] {
  return starts.split(' ').map((start) => ({ start, minRest, alphabet }));
}

/**
 * The tokens that can be told from other texts by how they begin, as published by those that issue them and as
 * gitleaks, detect-secrets and trufflehog know them.
 */
const tokenForms: readonly TokenForm[] = [
  // AWS, Alibaba
  ...forms('AKIA ASIA ABIA ACCA', 16, 'upper'),
  ...forms('LTAI', 16, 'alphanumeric'),
  // GitHub, GitLab
  ...forms('ghp_ gho_ ghu_ ghs_ ghr_', 36, 'alphanumeric'),
  ...forms('github_pat_', 22, 'word'),
  ...forms('glpat- gldt- glrt- glptt- glcbt- glsoat- glft- glagent- glimt- gloas-', 16, 'word'),
  // Google
  ...forms('AIza', 35, 'word'),
  ...forms('ya29.', 20, 'word'),
  ...forms('GOCSPX-', 20, 'word'),
  // Slack
  ...forms('xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-', 10, 'word'),
  // Stripe, Square, Shopify
  ...forms('sk_live_ rk_live_ sk_test_ rk_test_ whsec_', 10, 'alphanumeric'),
  ...forms('sq0atp- sq0csp-', 22, 'word'),
  ...forms('shpat_ shpca_ shppa_ shpss_', 32, 'hex'),
  // Registries of packages and images
  ...forms('npm_', 36, 'alphanumeric'),
  ...forms('pypi-', 50, 'word'),
  ...forms('rubygems_', 48, 'hex'),
  ...forms('dckr_pat_ dckr_oat_', 20, 'word'),
  // Mail and messages
  ...forms('SG.', 40, 'word'),
  ...forms('key-', 32, 'hex'),
  ...forms('xkeysib-', 40, 'word'),
  // Language models
  ...forms('sk-ant- sk-proj- sk-svcacct-', 20, 'word'),
  ...forms('sk-', 40, 'alphanumeric'),
  ...forms('hf_', 30, 'alphanumeric'),
  // Clouds and tools
  ...forms('dop_v1_ doo_v1_ dor_v1_', 40, 'hex'),
  ...forms('dapi', 32, 'hex'),
  ...forms('hvs. hvb. hvr.', 20, 'word'),
  ...forms('glc_ glsa_ sntrys_ sntryu_ lin_api_ figd_ pul- PMAK- NRAK- NRJS- ATATT3', 20, 'word'),
  ...forms('ntn_', 30, 'alphanumeric'),
  ...forms('AGE-SECRET-KEY-1', 50, 'upper'),
  ...forms('v1.local. v2.local. v3.local. v4.local.', 30, 'word'),
];

/** The first three characters as one number, which costs less to look up than a text. */
function beginningAt(text: string, index: number): number {
  return (text.charCodeAt(index) << 16) ^ (text.charCodeAt(index + 1) << 8) ^ text.charCodeAt(index + 2);
}

const formsByBeginning: ReadonlyMap<number, readonly TokenForm[]> = groupBy(tokenForms, ({ start }) =>
  beginningAt(start, 0),
);
const jsonBeginning = beginningAt('eyJ', 0);

/** A token is not shorter: what is, need not be looked at. */
const minTokenLength = 20;
const minKeyLength = 64;
const space = 32;

/** For each of the first 256 characters: 0 for one that no token has, else bits for the alphabets that have it. */
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
 * A text with private keys and tokens replaced that can be told by how they look, wherever in it they stand. Takes time
 * in proportion to its length, and much less where there are no long words: only runs of 20 characters can be a token.
 */
export function redactedValues(text: string): string {
  if (text.length < minTokenLength) {
    return text.length < shortestScheme + shortestCredentials ? text : redactedScheme(text);
  }
  const withoutKeys = text.length >= minKeyLength && text.includes('PRIVATE KEY') ? redactedKeys(text) : text;
  return redactedScheme(redactedTokens(withoutKeys));
}

function redactedTokens(text: string): string {
  let result = '';
  let done = 0;
  let start = 0;
  /** Every character from `start` to this one is known to be of a token. */
  let known = 0;
  let isStartChecked = false;
  for (;;) {
    // Looks at the 20th character first, and back from there: before one that is of no token, no run is long enough.
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
        result += text.slice(done, start) + redacted;
        done = known;
      }
    }
    isStartChecked = true;
  }
  return done === 0 ? text : result + text.slice(done);
}

function isTokenStart(text: string, start: number): boolean {
  const beginning = beginningAt(text, start);
  return beginning === jsonBeginning || formsByBeginning.has(beginning) || isAfterBearer(text, start);
}

/** Whether a run of token characters is a token. */
function isToken(text: string, start: number, end: number): boolean {
  if (isAfterBearer(text, start)) return true;
  const beginning = beginningAt(text, start);
  if (beginning === jsonBeginning) return isJsonToken(text, start, end);
  const candidates = formsByBeginning.get(beginning);
  return candidates !== undefined && candidates.some((form) => fits(text, start, end, form));
}

function isAfterBearer(text: string, start: number): boolean {
  if (start < 7 || text.charCodeAt(start - 1) !== space) return false;
  return text.slice(start - 7, start - 1).toLowerCase() === 'bearer';
}

/** A JSON Web Token, signed or encrypted: parts of base64, the first one of which is an object. */
function isJsonToken(text: string, start: number, end: number): boolean {
  let dot = start;
  while (dot < end && text.charCodeAt(dot) !== 46) dot++;
  return dot - start >= 10 && end - dot > 10;
}

function fits(text: string, start: number, end: number, form: TokenForm): boolean {
  if (!text.startsWith(form.start, start)) return false;
  const from = start + form.start.length;
  const bit = bits[form.alphabet];
  let isNumbered = false;
  let index = from;
  for (; index < end && (bitsAt(text, index) & bit) !== 0; index++) {
    isNumbered ||= isDigit(text.charCodeAt(index));
  }
  // Words that people write have no digits.
  return index - from >= form.minRest && isNumbered;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

const keyBegin = '-----BEGIN ';
const keyEnd = '-----END ';

/** A text with the private keys of PEM in it replaced; one without an end lasts to the end of the text. */
function redactedKeys(text: string): string {
  let result = '';
  let done = 0;
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
      result += text.slice(done, begin) + redacted;
      done = next;
    }
    begin = text.indexOf(keyBegin, next);
  }
  return done === 0 ? text : result + text.slice(done);
}

const maxLabelLength = 40;

/** Schemes of the field Authorization, and the shortest credentials that one has. */
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

/** A value such as `Bearer abc123` with the credentials replaced. */
function redactedScheme(text: string): string {
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

/** Whether this is base64 of `user:password`. Longer ones are taken to be. */
function isUserAndPassword(base64: string): boolean {
  return base64.length > 1000 || Buffer.from(base64, 'base64').includes(':');
}

function hasDigit(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (isDigit(text.charCodeAt(index))) return true;
  return false;
}
