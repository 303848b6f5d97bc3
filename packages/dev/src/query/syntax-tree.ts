import type { Operator } from './tokens.ts';

/** Right-hand side of an operator. */
export interface Value {
  readonly text: string;
  readonly isQuoted: boolean;
  /** The value as a number, if it reads as one. */
  readonly number: number | undefined;
  /** The value as milliseconds, if it reads as a duration with a unit. */
  readonly durationMs: number | undefined;
}

/** Compares a field or an attribute. */
export interface Comparison {
  readonly type: 'comparison';
  readonly field: string;
  readonly operator: Operator;
  readonly value: Value;
  readonly position: number;
}

/** Counts in the whole trace, or aggregates over requests, and compares the number. */
export interface FunctionCall {
  readonly type: 'function';
  readonly name: FunctionName;
  readonly argument: Node | undefined;
  readonly operator: Operator;
  readonly value: number;
  readonly position: number;
  /** As it was written. */
  readonly source: string;
}

export type Node =
  | { readonly type: 'and' | 'or'; readonly nodes: readonly Node[] }
  | { readonly type: 'not'; readonly node: Node }
  | { readonly type: 'text'; readonly text: string }
  | Comparison
  | FunctionCall;

/** Functions of one trace. */
export const traceFunctions = ['spans', 'logs', 'exceptions'] as const;
/** Functions of all requests that a query chooses; in assertions only. */
export const aggregates = ['count', 'p50', 'p95', 'p99', 'max', 'errorRate'] as const;

export type FunctionName = (typeof traceFunctions)[number] | (typeof aggregates)[number];

export const functionNames: readonly FunctionName[] = [...traceFunctions, ...aggregates];
