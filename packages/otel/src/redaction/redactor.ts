import type { AnyValue } from '@opentelemetry/api';
import { redacted, redactQuery, redactText, redactUrl } from './redact-url.ts';
import { redactMessage } from './redact-message.ts';
import { lastPart, normalizeKey, type SensitiveKeys, type Verdict } from './sensitive-keys.ts';
import { redactValues } from './secret-values.ts';

/**
 * How the values of a name are redacted: not at all, masked (always, unless a number, if a string), or searched for secrets as a
 * query, URL, text or message. In messages only URLs are redacted, unless the `messages` option is set.
 */
type Rule = 'none' | 'mask' | 'mask-unless-number' | 'mask-if-text' | 'query' | 'url' | 'text' | 'message';

const maskRules: Readonly<Record<Exclude<Verdict, 'none'>, Rule>> = {
  secret: 'mask',
  'secret-unless-number': 'mask-unless-number',
  'secret-if-text': 'mask-if-text',
};

/** Options of {@link Redactor}. */
export interface RedactorOptions {
  /** Whether log messages, span names and exception texts are searched for all kinds of secrets. @default false */
  readonly messages?: boolean;
}

/** Prefixes of names whose values are methods, hosts, addresses and codes, never URLs. */
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
const MAX_CACHED_INDEXES = 32;
const MAX_CACHED_LENGTH = 1000;
const MAX_DEPTH = 16;
const MAX_MEMBERS = 10_000;
/** Longer texts are truncated, because the rest is not searched. */
const MAX_TEXT_LENGTH = 1_048_576;

/**
 * Redacts secrets in attributes and values. The rule of each name is cached, so that most attributes cost one lookup. Inputs
 * are never modified: if there is a secret, a copy is returned.
 */
export class Redactor {
  readonly #secrets: SensitiveKeys;
  readonly #areMessagesSearched: boolean;
  readonly #rules = new Map<string, Rule>();
  /** The last names and their rules by index: most objects come from a few call sites. */
  readonly #names: string[] = [];
  readonly #rulesByIndex: Rule[] = [];
  /** The last text without a secret at each index, for rule `text`. */
  readonly #cleanTexts: string[] = [];
  /** The last text and the last value without a secret: most repeat, such as span names. */
  #cleanText: string | undefined;
  #cleanValue: string | undefined;
  #membersLeft = MAX_MEMBERS;

  constructor(secrets: SensitiveKeys, { messages = false }: RedactorOptions = {}) {
    this.#secrets = secrets;
    this.#areMessagesSearched = messages;
  }

  /** Returns a redacted copy, or the same object if it contains no secret. */
  attributes<A extends object>(attributes: A): A {
    this.#membersLeft = MAX_MEMBERS;
    return this.#record(attributes, 0);
  }

  /** Whether attributes, given as alternating names and values, contain no secret. */
  areSafe(entries: readonly AnyValue[]): boolean {
    this.#membersLeft = MAX_MEMBERS;
    for (let index = 0; index < entries.length; index += 2) {
      const name = entries[index] as string;
      const rule = this.#rules.get(name) ?? this.#cacheRule(name);
      if (rule === 'none') continue;
      const value = entries[index + 1];
      if (rule === 'text' && value === this.#cleanTexts[index]) continue;
      if (this.#applyRule(rule, value, 0) !== value) return false;
      if (rule === 'text') this.#cacheSafeText(index, value);
    }
    return true;
  }

  /** Whether attributes without getters contain no secret. */
  isSafe(attributes: Readonly<Record<string, AnyValue>>): boolean {
    this.#membersLeft = MAX_MEMBERS;
    const names = this.#names;
    const rules = this.#rulesByIndex;
    let index = 0;
    for (const name in attributes) {
      const rule = names[index] === name ? rules[index]! : this.#cacheRuleAt(index, name);
      index++;
      if (rule === 'none') continue;
      const value = attributes[name];
      if (this.#applyRule(rule, value, 0) !== value) return false;
    }
    return true;
  }

  /** Redacts a value without a name, such as the body of a log record. */
  value(value: AnyValue): AnyValue {
    if (typeof value === 'string' && value === this.#cleanValue) return value;
    this.#membersLeft = MAX_MEMBERS;
    const result = this.#applyRule('message', value, 0);
    if (typeof value === 'string' && result === value) this.#cleanValue = value;
    return result;
  }

  /** Redacts a text such as a status message. */
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
      // V8 eliminates `hasOwnProperty` calls in `for...in` loops.
      if (!hasOwnProperty.call(members, name)) continue;
      const rule = this.#rules.get(name) ?? this.#cacheRule(name);
      if (rule === 'none') continue;
      const before = members[name];
      const after = this.#applyRule(rule, before, depth);
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

  #applyRule(rule: Rule, value: AnyValue, depth: number): AnyValue {
    if (typeof value === 'string') return this.#string(rule, value);
    if (typeof value === 'number' || typeof value === 'bigint') {
      return rule === 'mask' ? redacted : value;
    }
    if (typeof value !== 'object' || value === null) return value;
    // Values that are nested too deeply are masked, because they are not searched.
    if (depth >= MAX_DEPTH || this.#membersLeft-- <= 0) return redacted;
    if (Array.isArray(value)) return this.#list(rule, value, depth);
    if (rule === 'mask' || rule === 'mask-unless-number') return redacted;
    return ArrayBuffer.isView(value) ? value : this.#record(value, depth + 1);
  }

  #list(rule: Rule, list: readonly AnyValue[], depth: number): AnyValue {
    let copy: AnyValue[] | undefined;
    for (const [index, before] of list.entries()) {
      const after = this.#applyRule(rule, before, depth + 1);
      if (after === before) continue;
      copy ??= [...list];
      copy[index] = after;
    }
    return copy ?? list;
  }

  #string(rule: Rule, value: string): string {
    if (rule === 'none') return value;
    if (rule.startsWith('mask')) return value === '' ? value : redacted;
    return value.length <= MAX_TEXT_LENGTH
      ? this.#search(rule, value)
      : this.#search(rule, value.slice(0, MAX_TEXT_LENGTH)) + redacted;
  }

  #search(rule: Rule, text: string): string {
    switch (rule) {
      case 'query':
        return redactValues(redactQuery(text, this.#secrets));
      case 'url':
        return redactValues(redactUrl(text, this.#secrets));
      case 'text':
        return redactValues(redactText(text, this.#secrets));
      default:
        return this.#areMessagesSearched
          ? redactMessage(text, this.#secrets)
          : redactText(text, this.#secrets);
    }
  }

  #cacheSafeText(index: number, value: AnyValue): void {
    if (index >= MAX_CACHED_INDEXES || typeof value !== 'string' || value.length > MAX_CACHED_LENGTH) return;
    this.#cleanTexts[index] = value;
  }

  #cacheRuleAt(index: number, name: string): Rule {
    const rule = this.#rules.get(name) ?? this.#cacheRule(name);
    if (index < MAX_CACHED_INDEXES) {
      this.#names[index] = name;
      this.#rulesByIndex[index] = rule;
    }
    return rule;
  }

  #cacheRule(name: string): Rule {
    const rule = this.#getRule(name);
    // Bounds the cache when an application generates names without limit.
    if (this.#rules.size >= MAX_CACHED_RULES) this.#rules.clear();
    this.#rules.set(name, rule);
    return rule;
  }

  #getRule(name: string): Rule {
    const verdict = this.#secrets.verdict(name);
    if (verdict !== 'none') return maskRules[verdict];
    const normal = normalizeKey(name);
    const last = lastPart(normal);
    if (queryNames.has(normal)) return 'query';
    if (urlNames.has(normal) || urlEndings.some((ending) => last.endsWith(ending))) return 'url';
    if (messageNames.has(normal)) return 'message';
    const isSafe = safePrefixes.some((prefix) => normal.startsWith(prefix)) && !normal.includes('.header.');
    return isSafe ? 'none' : 'text';
  }
}
