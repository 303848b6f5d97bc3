import type { Dialect, DialectSettings } from './compile.ts';
import { attribute, containsText, type FieldCompiler, sinceField, textField } from './fields.ts';
import { QueryError } from './query-error.ts';
import { sql, type Sql } from './sql.ts';
import type { Comparison } from './syntax-tree.ts';

/** The levels; each has four severity numbers, from 1, 5, 9 and so on. */
export const levelNames = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** The level of a severity number; null for none. */
export function severityLevel(severityNumber: number): (typeof levelNames)[number] | null {
  if (severityNumber < 1) return null;
  return levelNames[Math.min(5, Math.floor((severityNumber - 1) / 4))] ?? null;
}

function levelField(column: string): FieldCompiler {
  return (node) => {
    const name = node.value.text.toLowerCase();
    const index = levelNames.findIndex((level) => level === name || (level === 'warn' && name === 'warning'));
    if (index === -1) {
      throw new QueryError(
        `expected one of ${levelNames.join(', ')} after "${node.field}${node.operator}"`,
        node.position,
      );
    }
    return compareLevel(node, column, index * 4 + 1);
  };
}

/** Compares with a level whose lowest severity number is `first`. */
function compareLevel({ operator }: Comparison, column: string, first: number): Sql {
  if (operator === '>=') return sql(`${column} >= ?`, first);
  if (operator === '>') return sql(`${column} >= ?`, first + 4);
  if (operator === '<') return sql(`${column} < ?`, first);
  if (operator === '<=') return sql(`${column} < ?`, first + 4);
  const within = `${column} BETWEEN ${first} AND ${first + 3}`;
  return operator === '!=' || operator === '!~' ? sql(`NOT (${within})`) : sql(within);
}

/** A phrase for FTS5 whose last word may go on. */
function phrase(text: string): string {
  return `"${text.replaceAll('"', '""')}" *`;
}

/** A query on log records (`l`), their resources (`r`) and scopes (`c`). */
export function logDialect(settings: DialectSettings, suffix = ''): Dialect {
  const l = `l${suffix}`;
  const r = `r${suffix}`;
  const toTraceId = `(SELECT trace_id FROM traces WHERE id = ${l}.trace)`;
  const fields: Readonly<Record<string, FieldCompiler>> = {
    level: levelField(`${l}.severity`),
    logger: textField(`c${suffix}.name`),
    scope: textField(`c${suffix}.name`),
    body: textField(`${l}.body`),
    event: textField(`${l}.event`),
    service: textField(`${r}.service`),
    instance: textField(`${r}.instance`),
    trace: textField(toTraceId),
    span: textField(`${l}.span_id`),
    since: sinceField(`${l}.time_us`, settings.nowMs),
  };
  const other = attribute(`${l}.attributes`, `${r}.attributes`);
  const hasWord = /[\p{L}\p{N}]/u;
  return {
    comparison: (node) => {
      if (node.field === 'trace' && node.operator === '=' && !node.value.text.includes('*')) {
        return sql(`${l}.trace = (SELECT id FROM traces WHERE trace_id = ?)`, node.value.text.toLowerCase());
      }
      return (Object.hasOwn(fields, node.field) ? (fields[node.field] as FieldCompiler) : other)(node);
    },
    text: (text) =>
      settings.fullText && hasWord.test(text)
        ? sql(`${l}.id IN (SELECT rowid FROM logs_text WHERE logs_text MATCH ?)`, phrase(text))
        : containsText([`${l}.body`, `${l}.attributes`], text),
  };
}
