import { QueryError } from './query-error.ts';
import { type FunctionName, functionNames, type Node, type Value } from './syntax-tree.ts';
import { type Operator, type Token, tokenize } from './tokens.ts';

/** How deep parentheses may be nested. */
const maxDepth = 32;

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a text like `1.5s`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)$/.exec(text) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * (unitsMs[unit] ?? 1);
}

function parseValue({ type, text }: Token): Value {
  const isQuoted = type === 'quoted';
  const isNumber = !isQuoted && /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text);
  return {
    text,
    isQuoted,
    number: isNumber ? Number(text) : undefined,
    durationMs: isQuoted ? undefined : parseDuration(text),
  };
}

/** Reads tokens from left to right: `or` binds less than `and`, which is written by nothing. */
class Parser {
  readonly #query: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(query: string) {
    this.#query = query;
    this.#tokens = tokenize(query);
  }

  parseAll(): Node | undefined {
    if (this.#tokens.length === 0) return undefined;
    const node = this.#parseOr();
    const rest = this.#peek();
    if (rest !== undefined) throw new QueryError(`"${rest.text}" is not expected`, rest.at);
    return node;
  }

  #peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#next + ahead];
  }

  #parseOr(): Node {
    const nodes = [this.#parseAnd()];
    while (this.#isWord('or')) {
      this.#next += 1;
      nodes.push(this.#parseAnd());
    }
    return nodes.length === 1 ? (nodes[0] as Node) : { type: 'or', nodes };
  }

  #parseAnd(): Node {
    const nodes: Node[] = [];
    for (let token = this.#peek(); token !== undefined && token.type !== ')'; token = this.#peek()) {
      if (this.#isWord('or')) break;
      if (this.#isWord('and') && nodes.length > 0) this.#next += 1;
      nodes.push(this.#parseTerm());
    }
    if (nodes.length === 0) throw new QueryError('expected a term', this.#position());
    return nodes.length === 1 ? (nodes[0] as Node) : { type: 'and', nodes };
  }

  #parseTerm(): Node {
    const token = this.#peek();
    if (token === undefined) throw new QueryError('expected a term', this.#query.length);
    if (++this.#depth > maxDepth) throw new QueryError(`expected at most ${maxDepth} levels`, token.at);
    try {
      if (token.type === '-' || this.#isWord('not')) {
        this.#next += 1;
        return { type: 'not', node: this.#parseTerm() };
      }
      if (token.type === '(') return this.#parseParentheses();
      if (token.type === 'operator' || token.type === ')') {
        throw new QueryError(`expected a field before "${token.text}"`, token.at);
      }
      const following = this.#peek(1);
      if (following?.type === 'operator') return this.#parseComparison(token, following.text);
      if (following?.type === '(' && following.at === token.end) return this.#parseFunction(token);
      this.#next += 1;
      return { type: 'text', text: token.text };
    } finally {
      this.#depth -= 1;
    }
  }

  #parseParentheses(): Node {
    this.#next += 1;
    const node = this.#parseOr();
    this.#expect(')');
    return node;
  }

  #parseComparison(field: Token, operator: Operator): Node {
    this.#next += 2;
    const value = this.#expectValue(`${field.text}${operator}`);
    return { type: 'comparison', field: field.text, operator, value: parseValue(value), position: field.at };
  }

  #parseFunction(name: Token): Node {
    const known = functionNames.find((text) => text === name.text);
    if (known === undefined) {
      throw new QueryError(`"${name.text}" is no function; known are ${functionNames.join(', ')}`, name.at);
    }
    this.#next += 2;
    const argument = this.#peek()?.type === ')' ? undefined : this.#parseArgument(known);
    this.#expect(')');
    const operator = this.#peek();
    if (operator?.type !== 'operator') {
      throw new QueryError(`expected a comparison after "${name.text}(...)"`, this.#position());
    }
    this.#next += 1;
    const { number, durationMs } = parseValue(this.#expectValue(operator.text));
    const value = number ?? durationMs;
    if (value === undefined) throw new QueryError(`expected a number after "${operator.text}"`, operator.end);
    const source = this.#query.slice(name.at, this.#tokens[this.#next - 1]?.end);
    return {
      type: 'function',
      name: known,
      argument,
      operator: operator.text,
      value,
      position: name.at,
      source,
    };
  }

  /** The argument is a query of its own, in quotation marks or bare. */
  #parseArgument(name: FunctionName): Node | undefined {
    const token = this.#peek();
    if (token === undefined) throw new QueryError('expected ")"', this.#position());
    if (name !== 'spans' && name !== 'logs') {
      throw new QueryError(`${name}() takes no argument`, token.at);
    }
    if (token.type === 'quoted' && this.#peek(1)?.type === ')') {
      this.#next += 1;
      try {
        return parseQuery(token.text);
      } catch (error) {
        if (error instanceof QueryError)
          throw new QueryError(`in ${name}("..."): ${error.message}`, token.at);
        throw error;
      }
    }
    return this.#parseOr();
  }

  #expect(type: ')'): void {
    if (this.#peek()?.type !== type) throw new QueryError(`expected "${type}"`, this.#position());
    this.#next += 1;
  }

  #expectValue(before: string): Token {
    const token = this.#peek();
    if (token?.type !== 'word' && token?.type !== 'quoted') {
      throw new QueryError(`expected a value after "${before}"`, this.#position());
    }
    this.#next += 1;
    return token;
  }

  #isWord(text: string): boolean {
    const token = this.#peek();
    // A field of that name is a field.
    return token?.type === 'word' && token.text.toLowerCase() === text && this.#peek(1)?.type !== 'operator';
  }

  #position(): number {
    return this.#peek()?.at ?? this.#query.length;
  }
}

/** Parses a query; undefined for an empty one, which everything satisfies. @throws {QueryError} */
export function parseQuery(query: string): Node | undefined {
  return new Parser(query).parseAll();
}
