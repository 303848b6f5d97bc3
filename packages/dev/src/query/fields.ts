import { QueryError } from './query-error.ts';
import { compareAny, compareNumber, compareText, likePattern, sql, type Sql } from './sql.ts';
import type { Comparison } from './syntax-tree.ts';

/** Compiles the comparison of one field. */
export type FieldCompiler = (node: Comparison) => Sql;

export function textField(column: string): FieldCompiler {
  return ({ operator, value }) => compareText(column, operator, value.text, value.isQuoted);
}

export function numberField(column: string): FieldCompiler {
  return (node) => {
    if (node.value.text === '*' && node.operator === '=') return sql(`${column} IS NOT NULL`);
    if (node.value.number === undefined) {
      throw new QueryError(`expected a number after "${node.field}${node.operator}"`, node.position);
    }
    return compareNumber(column, node.operator, node.value.number);
  };
}

/** A condition that is true or false. */
export function booleanField(condition: string): FieldCompiler {
  return (node) => {
    const { value, operator } = node;
    if (!['true', 'false'].includes(value.text) || (operator !== '=' && operator !== '!=')) {
      throw new QueryError(`expected "${node.field}=true" or "${node.field}=false"`, node.position);
    }
    const wanted = (value.text === 'true') === (operator === '=');
    return sql(`coalesce(${condition}, 0) = ${wanted ? 1 : 0}`);
  };
}

/** A word of a list, which is stored as a number. */
export function wordField(column: string, words: readonly string[]): FieldCompiler {
  return (node) => {
    const index = words.indexOf(node.value.text);
    if (index === -1) {
      throw new QueryError(
        `expected one of ${words.join(', ')} after "${node.field}${node.operator}"`,
        node.position,
      );
    }
    return compareNumber(column, node.operator, index);
  };
}

/** The milliseconds of a duration; a number without unit is milliseconds. */
function milliseconds(node: Comparison): number {
  const value = node.value.durationMs ?? node.value.number;
  if (value === undefined) {
    const example = `${node.field}${node.operator}100ms`;
    throw new QueryError(
      `expected a duration after "${node.field}${node.operator}", as in "${example}"`,
      node.position,
    );
  }
  return value;
}

export function durationField(columnNs: string): FieldCompiler {
  return (node) => compareNumber(columnNs, node.operator, milliseconds(node) * 1e6);
}

/** The age of an item: `since<5m`. */
export function sinceField(columnUs: string, nowMs: number): FieldCompiler {
  return (node) => compareNumber(`(${nowMs} - ${columnUs} / 1000.0)`, node.operator, milliseconds(node));
}

/** An attribute of the item, else of its resource. */
export function attribute(item: string, resource: string): FieldCompiler {
  return (node) => {
    const [, source, name] = /^(resource|attribute)\.(.+)$/s.exec(node.field) ?? [];
    const key = name ?? node.field;
    const own = member(item, key);
    const ofResource = member(resource, key);
    if (source === 'resource') return compareAny(ofResource, node.operator, node.value);
    if (source === 'attribute') return compareAny(own, node.operator, node.value);
    return compareAny(`coalesce(${own}, ${ofResource})`, node.operator, node.value);
  };
}

/** The expression for a member of a JSON object. A key that SQLite would parse as a path is found by its text. */
function member(column: string, key: string): string {
  if (key.includes('\0')) return 'NULL';
  const label = `'${key.replaceAll("'", "''")}'`;
  if (/^[\w.\-/: ]+$/.test(key)) return `(${column} ->> ${label})`;
  return `(SELECT value FROM json_each(${column}) WHERE key = ${label})`;
}

/** Searches JSON for a text, which may be escaped there. */
export function containsText(columns: readonly string[], text: string): Sql {
  const escaped = JSON.stringify(text).slice(1, -1);
  const conditions = columns.map((column) => String.raw`${column} LIKE ? ESCAPE '\'`);
  return sql(conditions.join(' OR '), ...columns.map(() => likePattern(escaped)));
}
