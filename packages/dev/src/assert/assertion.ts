import { parseQuery } from '../query/parse.ts';
import { QueryError } from '../query/query-error.ts';
import { aggregates, type FunctionCall, type Node } from '../query/syntax-tree.ts';
import type { Operator } from '../query/tokens.ts';

/** A parsed assertion: expectations and the query that selects their requests. */
export interface Assertion {
  readonly source: string;
  /** Chooses requests; undefined for all. */
  readonly filter: Node | undefined;
  readonly expectations: readonly FunctionCall[];
}

function holdsFunction(node: Node): boolean {
  if (node.type === 'function') return true;
  if (node.type === 'not') return holdsFunction(node.node);
  return (node.type === 'and' || node.type === 'or') && node.nodes.some(holdsFunction);
}

/** Whether an expectation is of all chosen requests together. */
export function isAggregate({ name }: FunctionCall): boolean {
  return aggregates.some((known) => known === name);
}

/** Parses the text of `--assert`. @throws {QueryError} */
export function parseAssertion(source: string): Assertion {
  const node = parseQuery(source);
  const terms = node?.type === 'and' ? node.nodes : node === undefined ? [] : [node];
  const expectations = terms.filter((term) => term.type === 'function');
  const filters = terms.filter((term) => term.type !== 'function');
  if (expectations.length === 0) {
    throw new QueryError('expected an expectation, such as spans("db") <= 2 or p95() < 200ms', source.length);
  }
  const hidden = filters.find(holdsFunction);
  if (hidden !== undefined) {
    throw new QueryError('expected functions outside of parentheses, "or" and "not"', 0);
  }
  const [first] = filters;
  const filter = filters.length > 1 ? ({ type: 'and', nodes: filters } as const) : first;
  return { source, filter, expectations };
}

/** Compares two numbers. */
export function holds(actual: number, operator: Operator, expected: number): boolean {
  switch (operator) {
    case '=':
      return actual === expected;
    case '!=':
      return actual !== expected;
    case '<':
      return actual < expected;
    case '<=':
      return actual <= expected;
    case '>':
      return actual > expected;
    case '>=':
      return actual >= expected;
    default:
      return false;
  }
}
