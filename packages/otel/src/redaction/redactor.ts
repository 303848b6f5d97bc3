import type { AnyValue } from '@opentelemetry/api';
import { redacted, redactQuery, redactText, redactUrl } from './redact-url.ts';
import { redactedMessage } from './redact-message.ts';
import { lastPart, normalizeKey, type SensitiveKeys, type Verdict } from './sensitive-keys.ts';
import { redactedValues } from './secret-values.ts';

/**
 * What is to be done with the values of a name: nothing, replace them, replace all but numbers, replace texts, or look
 * for secrets inside. A message is written by people: there only URLs are looked at, unless options ask for more.
 */
type Rule = 'none' | 'mask' | 'mask-unless-number' | 'mask-if-text' | 'query' | 'url' | 'text' | 'message';

const maskOf: Readonly<Record<Exclude<Verdict, 'none'>, Rule>> = {
  secret: 'mask',
  'secret-unless-number': 'mask-unless-number',
  'secret-if-text': 'mask-if-text',
};

/** What {@link Redactor} does beyond the names of secrets. */
export interface RedactorOptions {
  /** Whether messages, names of spans and texts of exceptions are searched for all that attributes are searched for. */
  readonly messages?: boolean;
}

/** Whose values name methods, hosts, addresses and codes, and no URL. */
const safePrefixes: readonly string[] = [
  'client.',
  'code.',
  'error.type',
  'exception.type',
  'http.',
  'messaging.',
  'network.',
  'rpc.',
  'server.',
  'thread.',
  'url.path',
  'url.scheme',
  'useragent.',
];

const urlEndings: readonly string[] = ['url', 'uri', 'href', 'referer', 'referrer', 'location', 'endpoint'];
const urlNames: ReadonlySet<string> = new Set(['url.full', 'url.original', 'http.target']);
const queryNames: ReadonlySet<string> = new Set(['url.query', 'http.query', 'querystring']);
const messageNames: ReadonlySet<string> = new Set([
  'exception.message',
  'exception.stacktrace',
  'message',
  'msg',
  'stack',
]);

// oxlint-disable-next-line typescript/unbound-method
const { hasOwnProperty } = Object.prototype;
const MAX_CACHED_RULES = 2000;
const maxPlaces = 32;
const maxKeptLength = 1000;
const maxDepth = 16;
const maxMembers = 10_000;
/** What stands beyond in a text is not searched, and so not let through. */
const maxTextLength = 1_048_576;

/**
 * Replaces secrets in attributes and in values. What a name calls for is worked out once and kept, so that a name
 * that calls for nothing costs one look-up. Nothing that it is given is changed: where there is a secret, a copy is
 * given back.
 */
export class Redactor {
  readonly #secrets: SensitiveKeys;
  readonly #areMessagesSearched: boolean;
  readonly #rules = new Map<string, Rule>();
  /** The names that came last and what they call for, by their place: most objects are of the same few makers. */
  readonly #names: string[] = [];
  readonly #namesCallFor: Rule[] = [];
  /** The texts without a secret that came last in each place, for names that call for nothing but a look inside. */
  readonly #cleanTexts: string[] = [];
  /** The texts without a secret that came last: most are the same ones, such as the name of a span. */
  #cleanText: string | undefined;
  #cleanValue: string | undefined;
  #membersLeft = maxMembers;

  constructor(secrets: SensitiveKeys, { messages = false }: RedactorOptions = {}) {
    this.#secrets = secrets;
    this.#areMessagesSearched = messages;
  }

  /** The same object when there is no secret in it. */
  attributes<A extends object>(attributes: A): A {
    this.#membersLeft = maxMembers;
    return this.#record(attributes, 0);
  }

  /** Whether there is no secret in attributes of which names and values come in turns. */
  areSafe(entries: readonly AnyValue[]): boolean {
    this.#membersLeft = maxMembers;
    for (let index = 0; index < entries.length; index += 2) {
      const name = entries[index] as string;
      const treatment = this.#rules.get(name) ?? this.#cacheRule(name);
      if (treatment === 'none') continue;
      const value = entries[index + 1];
      if (treatment === 'text' && value === this.#cleanTexts[index]) continue;
      if (this.#treated(treatment, value, 0) !== value) return false;
      if (treatment === 'text') this.#keepClean(index, value);
    }
    return true;
  }

  /** Whether there is no secret in attributes that have no getter. */
  isSafe(attributes: Readonly<Record<string, AnyValue>>): boolean {
    this.#membersLeft = maxMembers;
    const names = this.#names;
    const callFor = this.#namesCallFor;
    let place = 0;
    for (const name in attributes) {
      const treatment = names[place] === name ? callFor[place]! : this.#learnInPlace(place, name);
      place++;
      if (treatment === 'none') continue;
      const value = attributes[name];
      if (this.#treated(treatment, value, 0) !== value) return false;
    }
    return true;
  }

  /** A value of any kind that has no name, such as the body of a log record. */
  value(value: AnyValue): AnyValue {
    if (typeof value === 'string' && value === this.#cleanValue) return value;
    this.#membersLeft = maxMembers;
    const treated = this.#treated('message', value, 0);
    if (typeof value === 'string' && treated === value) this.#cleanValue = value;
    return treated;
  }

  /** A text such as a status message. */
  text(text: string): string {
    if (text === this.#cleanText) return text;
    const clean = this.#string('message', text);
    if (clean === text) this.#cleanText = text;
    return clean;
  }

  #record<R extends object>(record: R, depth: number): R {
    const members = record as Readonly<Record<string, AnyValue>>;
    let copy: Record<string, AnyValue> | undefined;
    for (const name in members) {
      // A compiler that sees this method in such a loop leaves it out, and looks nothing up.
      if (!hasOwnProperty.call(members, name)) continue;
      const treatment = this.#rules.get(name) ?? this.#cacheRule(name);
      if (treatment === 'none') continue;
      const before = members[name];
      const after = this.#treated(treatment, before, depth);
      if (after === before) continue;
      copy ??= { ...members };
      // A plain assignment of __proto__ would set the prototype.
      Object.defineProperty(copy, name, {
        value: after,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return (copy as R | undefined) ?? record;
  }

  #treated(treatment: Rule, value: AnyValue, depth: number): AnyValue {
    if (typeof value === 'string') return this.#string(treatment, value);
    if (typeof value === 'number' || typeof value === 'bigint') {
      return treatment === 'mask' ? redacted : value;
    }
    if (typeof value !== 'object' || value === null) return value;
    // What is nested without end is not looked through, and so not let through.
    if (depth >= maxDepth || this.#membersLeft-- <= 0) return redacted;
    if (Array.isArray(value)) return this.#list(treatment, value, depth);
    if (treatment === 'mask' || treatment === 'mask-unless-number') return redacted;
    return ArrayBuffer.isView(value) ? value : this.#record(value, depth + 1);
  }

  #list(treatment: Rule, list: readonly AnyValue[], depth: number): AnyValue {
    let copy: AnyValue[] | undefined;
    for (const [index, before] of list.entries()) {
      const after = this.#treated(treatment, before, depth + 1);
      if (after === before) continue;
      copy ??= [...list];
      copy[index] = after;
    }
    return copy ?? list;
  }

  #string(treatment: Rule, value: string): string {
    if (treatment === 'none') return value;
    if (treatment.startsWith('mask')) return value === '' ? value : redacted;
    return value.length <= maxTextLength
      ? this.#searched(treatment, value)
      : this.#searched(treatment, value.slice(0, maxTextLength)) + redacted;
  }

  #searched(treatment: Rule, text: string): string {
    switch (treatment) {
      case 'query':
        return redactedValues(redactQuery(text, this.#secrets));
      case 'url':
        return redactedValues(redactUrl(text, this.#secrets));
      case 'text':
        return redactedValues(redactText(text, this.#secrets));
      default:
        return this.#areMessagesSearched
          ? redactedMessage(text, this.#secrets)
          : redactText(text, this.#secrets);
    }
  }

  #keepClean(place: number, value: AnyValue): void {
    if (place >= maxPlaces || typeof value !== 'string' || value.length > maxKeptLength) return;
    this.#cleanTexts[place] = value;
  }

  #learnInPlace(place: number, name: string): Rule {
    const treatment = this.#rules.get(name) ?? this.#cacheRule(name);
    if (place < maxPlaces) {
      this.#names[place] = name;
      this.#namesCallFor[place] = treatment;
    }
    return treatment;
  }

  #cacheRule(name: string): Rule {
    const treatment = this.#getRule(name);
    // Names that an application makes up without end are worked out again and again.
    if (this.#rules.size >= MAX_CACHED_RULES) this.#rules.clear();
    this.#rules.set(name, treatment);
    return treatment;
  }

  #getRule(name: string): Rule {
    const verdict = this.#secrets.verdict(name);
    if (verdict !== 'none') return maskOf[verdict];
    const normal = normalizeKey(name);
    const last = lastPart(normal);
    if (queryNames.has(normal)) return 'query';
    if (urlNames.has(normal) || urlEndings.some((ending) => last.endsWith(ending))) return 'url';
    if (messageNames.has(normal)) return 'message';
    const isHarmless = safePrefixes.some((start) => normal.startsWith(start)) && !normal.includes('.header.');
    return isHarmless ? 'none' : 'text';
  }
}
