import { redacted, redactText } from './redact-url.ts';
import type { SensitiveKeys } from './sensitive-keys.ts';
import { redactValues, schemes } from './secret-values.ts';

const nameCharacters: ReadonlySet<string> = new Set(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.',
);
const quotes = '"\'`';
const endsOfValue = ' \t\r\n,;&"\'`)]}';
const maxNameLength = 64;

function isQuote(text: string, index: number): boolean {
  return index >= 0 && index < text.length && quotes.includes(text.charAt(index));
}

/** The start of the name that ends at `end`. */
function startOfName(text: string, end: number): number {
  let start = end;
  while (start > 0 && end - start < maxNameLength && nameCharacters.has(text.charAt(start - 1))) start--;
  return start;
}

/** The end of the value at `start`: its closing quote, else the next delimiter. */
function endOfValue(text: string, start: number): number {
  if (isQuote(text, start)) {
    const end = text.indexOf(text.charAt(start), start + 1);
    return end === -1 ? text.length : end;
  }
  let end = start;
  while (end < text.length && !endsOfValue.includes(text.charAt(end))) end++;
  return end;
}

/** Redacts the values in `password=x`, `password: x` and `"password":"x"`. */
function redactAssignments(text: string, names: SensitiveKeys): string {
  let result = '';
  let copied = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character !== '=' && character !== ':') continue;
    let end = index;
    while (text.charAt(end - 1) === ' ') end--;
    if (isQuote(text, end - 1)) end--;
    const name = text.slice(startOfName(text, end), end);
    if (name === '' || names.verdict(name) === 'none') continue;
    let start = index + 1;
    while (text.charAt(start) === ' ') start++;
    let valueEnd = endOfValue(text, start);
    if (schemes.has(text.slice(start, valueEnd).toLowerCase())) valueEnd = endOfValue(text, valueEnd + 1);
    const from = isQuote(text, start) ? start + 1 : start;
    if (valueEnd <= from) continue;
    result += text.slice(copied, from) + redacted;
    copied = valueEnd;
    index = valueEnd - 1;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

/** Redacts URLs, tokens, keys and assignments in free text, in linear time. */
export function redactMessage(text: string, names: SensitiveKeys): string {
  return redactAssignments(redactValues(redactText(text, names)), names);
}
