import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { compile, type Dialect } from '../query/compile.ts';
import { exceptionDialect } from '../query/exception-dialect.ts';
import { logDialect } from '../query/log-dialect.ts';
import { parseQuery } from '../query/parse.ts';
import { spanDialect } from '../query/span-dialect.ts';
import { always, type Sql } from '../query/sql.ts';

export type Row = Readonly<Record<string, string | number | null>>;

/** Error of a query that cannot be answered, with its HTTP status and reason. */
export class ViewError extends Error {
  override readonly name = 'ViewError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Reads the session's tables. Statements are prepared once. */
export class Database {
  readonly hasFullText: boolean;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(connection: DatabaseSync, hasFullText: boolean) {
    this.#connection = connection;
    this.hasFullText = hasFullText;
  }

  all(text: string, ...parameters: SQLInputValue[]): Row[] {
    const statement = this.#prepare(text);
    try {
      return statement.all(...parameters) as unknown as Row[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_OUT_OF_RANGE') throw error;
      return readWithBigInts(statement, parameters);
    }
  }

  get(text: string, ...parameters: SQLInputValue[]): Row | undefined {
    return this.all(text, ...parameters)[0];
  }

  /** Compiles a filter. @throws {QueryError} */
  condition(query: string | undefined, signal: 'spans' | 'logs' | 'exceptions'): Sql {
    const node = parseQuery(query ?? '');
    return node === undefined ? always : compile(node, this.#dialect(signal));
  }

  #dialect(signal: 'spans' | 'logs' | 'exceptions'): Dialect {
    const nowMs = Date.now();
    if (signal === 'exceptions') return exceptionDialect(nowMs);
    const settings = { fullText: this.hasFullText, nowMs };
    return signal === 'spans' ? spanDialect(settings) : logDialect(settings);
  }

  #prepare(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(text);
    if (this.#statements.size > 200) this.#statements.clear();
    this.#statements.set(text, statement);
    return statement;
  }
}

/** Reads integers that JavaScript's numbers do not hold exactly: to the nearest one. */
function readWithBigInts(statement: StatementSync, parameters: readonly SQLInputValue[]): Row[] {
  statement.setReadBigInts(true);
  try {
    return statement.all(...parameters).map((row) => {
      const values = Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'bigint' ? Number(value) : value,
      ]);
      return Object.fromEntries(values) as Row;
    });
  } finally {
    statement.setReadBigInts(false);
  }
}

export function parseJson<Value>(text: string | number | null | undefined, fallback: Value): Value {
  return typeof text === 'string' ? (JSON.parse(text) as Value) : fallback;
}

/** An instant of the API: Unix milliseconds. */
export function milliseconds(us: string | number | null | undefined, ns: string | number | null = 0): number {
  return Number(us) / 1000 + Number(ns ?? 0) / 1e6;
}
