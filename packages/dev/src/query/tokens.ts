import { QueryError } from './query-error.ts';

/** The longest query that is read, in characters. */
const maxQueryLength = 4096;

const operators = ['!=', '>=', '<=', '!~', '=', '>', '<', '~'] as const;
export type Operator = (typeof operators)[number];

export type Token =
  | { readonly type: 'word' | 'quoted'; readonly text: string; readonly at: number; readonly end: number }
  | { readonly type: 'operator'; readonly text: Operator; readonly at: number; readonly end: number }
  | { readonly type: '(' | ')' | '-'; readonly text: string; readonly at: number; readonly end: number };

const space = /\s/;
/** Characters that end a bare word. A value may contain a colon, slash or hyphen; a comparison begins a new token. */
const wordEnd = /[\s()="<>~!]/;

function readQuoted(query: string, start: number): { text: string; end: number } {
  let text = '';
  for (let at = start + 1; at < query.length; at++) {
    const character = query[at] as string;
    if (character === '"') return { text, end: at + 1 };
    if (character === '\\' && at + 1 < query.length) text += query[++at] as string;
    else text += character;
  }
  throw new QueryError('expected a closing quotation mark', query.length);
}

/** Cuts a query into tokens. @throws {QueryError} */
export function tokenize(query: string): Token[] {
  if (query.length > maxQueryLength) {
    throw new QueryError(
      `expected at most ${maxQueryLength} characters, got ${query.length}`,
      maxQueryLength,
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const character = query[at] as string;
    if (space.test(character)) {
      at += 1;
      continue;
    }
    if (character === '(' || character === ')') {
      tokens.push({ type: character, text: character, at, end: ++at });
      continue;
    }
    if (character === '"') {
      const { text, end } = readQuoted(query, at);
      tokens.push({ type: 'quoted', text, at, end });
      at = end;
      continue;
    }
    const operator = operators.find((text) => query.startsWith(text, at));
    if (operator !== undefined) {
      tokens.push({ type: 'operator', text: operator, at, end: at + operator.length });
      at += operator.length;
      continue;
    }
    // A minus negates before a term; in a value it is a sign.
    const negates = character === '-' && tokens.at(-1)?.type !== 'operator';
    if (negates && at + 1 < query.length && !space.test(query[at + 1] as string)) {
      tokens.push({ type: '-', text: '-', at, end: ++at });
      continue;
    }
    let end = at;
    while (end < query.length && !wordEnd.test(query[end] as string)) end += 1;
    if (end === at) throw new QueryError(`"${character}" is not expected`, at);
    tokens.push({ type: 'word', text: query.slice(at, end), at, end });
    at = end;
  }
  return tokens;
}
