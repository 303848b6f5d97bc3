import { QueryError } from './query-error.ts';
import { all, any, not, type Sql } from './sql.ts';
import type { Comparison, FunctionCall, Node } from './syntax-tree.ts';

/** Meaning of the query language's fields for one kind of row. */
export interface Dialect {
  comparison(node: Comparison): Sql;
  text(text: string): Sql;
  /** Left out where functions make no sense. */
  call?(node: FunctionCall): Sql;
}

/** Options of the dialects. */
export interface DialectSettings {
  /** Whether full text has an index. */
  readonly fullText: boolean;
  /** The current time, in Unix milliseconds. */
  readonly nowMs: number;
}

/** Compiles a parsed query to a condition. @throws {QueryError} for what the dialect does not know */
export function compile(node: Node, dialect: Dialect): Sql {
  switch (node.type) {
    case 'and':
      return all(node.nodes.map((inner) => compile(inner, dialect)));
    case 'or':
      return any(node.nodes.map((inner) => compile(inner, dialect)));
    case 'not':
      return not(compile(node.node, dialect));
    case 'text':
      return dialect.text(node.text);
    case 'comparison':
      return dialect.comparison(node);
    default:
      if (dialect.call === undefined) {
        throw new QueryError(`${node.name}() is for requests and traces alone`, node.position);
      }
      return dialect.call(node);
  }
}
