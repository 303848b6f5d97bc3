import { QuerySummary } from './query-summary.ts';

/** A query without its values. */
export interface SanitizedQuery {
  /** The text, with `?` in place of each literal and without comments. */
  readonly text: string;
  /** Operations and the tables that they use: `SELECT users`. */
  readonly summary: string;
}

/** Longer queries are cut before they are read. */
const maxLength = 4096;

/** `(?, ?, ?)` has another length for each query. */
const lists = /\(\s*\?(?:\s*,\s*\?)+\s*\)/g;
const rows = /\(\?\)(?:\s*,\s*\(\?\))+/g;

const quote = 39;
const doubleQuote = 34;
const backslash = 92;
const backtick = 96;
const dash = 45;
const hash = 35;
const slash = 47;
const star = 42;
const dot = 46;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** Characters of names and keywords; `$`, `@` and `:` begin placeholders and variables. */
const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 64 && code <= 90) || code === 95 || code === 36 || code > 127;

/** Returns the index after a quoted part. One that does not end reaches to the end of the text. */
function skipQuoted(text: string, start: number, mark: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === backslash && mark !== backtick) index++;
    else if (code === mark) {
      // A doubled mark stands for itself.
      if (text.charCodeAt(index + 1) !== mark) return index + 1;
      index++;
    }
  }
  return text.length;
}

/** Returns the index after a comment that begins at `start`; `start` if none does. */
function skipComment(text: string, start: number): number {
  const code = text.charCodeAt(start);
  const next = text.charCodeAt(start + 1);
  const isLine = code === hash || (code === dash && next === dash);
  if (!isLine && !(code === slash && next === star)) return start;
  const end = isLine ? text.indexOf('\n', start) : text.indexOf('*/', start + 2);
  if (end === -1) return text.length;
  return isLine ? end : end + 2;
}

function skipWord(text: string, start: number): number {
  let index = start;
  while (index < text.length && (isWord(text.charCodeAt(index)) || isDigit(text.charCodeAt(index)))) index++;
  return index;
}

function skipNumber(text: string, start: number): number {
  let index = start;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const isSign = (code === 43 || code === dash) && /[eE]/.test(text.charAt(index - 1));
    if (!isDigit(code) && !isWord(code) && code !== dot && !isSign) break;
  }
  return index;
}

/**
 * Removes the values of a query: literals become `?`, and comments disappear. Double quotes delimit text, as MySQL reads
 * them by default.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/database/database-spans/#sanitization-of-dbquerytext
 */
export function sanitizeQuery(query: string): SanitizedQuery {
  const source = query.length > maxLength ? query.slice(0, maxLength) : query;
  const summary = new QuerySummary();
  let text = '';
  let copied = 0;
  let index = 0;
  const replace = (end: number, replacement: string): void => {
    text += source.slice(copied, index) + replacement;
    copied = end;
    index = end;
  };
  while (index < source.length) {
    const code = source.charCodeAt(index);
    if (code === quote || code === doubleQuote) {
      replace(skipQuoted(source, index, code), '?');
      summary.addMark('?');
    } else if (code === backtick) {
      const end = skipQuoted(source, index, code);
      summary.addName(source.slice(index + 1, end - 1));
      index = end;
    } else if (isWord(code)) {
      const end = skipWord(source, index);
      // `x'4D'` and `N'text'` are literals.
      if (end - index === 1 && source.charCodeAt(end) === quote) {
        replace(skipQuoted(source, end, quote), '?');
      } else {
        summary.addWord(source.slice(index, end));
        index = end;
      }
    } else if (isDigit(code) || (code === dot && isDigit(source.charCodeAt(index + 1)))) {
      replace(skipNumber(source, index), '?');
      summary.addMark('?');
    } else {
      const end = skipComment(source, index);
      if (end > index) replace(end, ' ');
      else {
        if (code > 32) summary.addMark(source.charAt(index));
        index++;
      }
    }
  }
  text += source.slice(copied);
  if (text.includes('(?')) text = text.replaceAll(lists, '(?)').replaceAll(rows, '(?)');
  return { text: text.trim(), summary: summary.text };
}

const maxCached = 500;
const cache = new Map<string, SanitizedQuery>();

/** {@link sanitizeQuery} for a text that recurs, such as that of a prepared statement. */
export function sanitizeRecurring(query: string): SanitizedQuery {
  const known = cache.get(query);
  if (known !== undefined) return known;
  const sanitized = sanitizeQuery(query);
  if (query.length > maxLength) return sanitized;
  if (cache.size >= maxCached) cache.clear();
  cache.set(query, sanitized);
  return sanitized;
}
