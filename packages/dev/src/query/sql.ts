import type { Operator } from './tokens.ts';
import type { Value } from './syntax-tree.ts';

export type Parameter = string | number | null;

/** A condition of SQL, with what its question marks stand for. */
export interface Sql {
  readonly text: string;
  readonly parameters: readonly Parameter[];
}

export const always: Sql = { text: '1', parameters: [] };
const never: Sql = { text: '0', parameters: [] };

export function sql(text: string, ...parameters: readonly Parameter[]): Sql {
  return { text, parameters };
}

export function all(conditions: readonly Sql[]): Sql {
  return join(conditions, ' AND ', always);
}

export function any(conditions: readonly Sql[]): Sql {
  return join(conditions, ' OR ', never);
}

export function not(condition: Sql): Sql {
  // A missing value (NULL) does not satisfy a condition, so it satisfies the negation.
  return sql(`NOT coalesce((${condition.text}), 0)`, ...condition.parameters);
}

function join(conditions: readonly Sql[], word: string, empty: Sql): Sql {
  if (conditions.length === 0) return empty;
  const text = conditions.map((condition) => `(${condition.text})`).join(word);
  return { text, parameters: conditions.flatMap(({ parameters }) => parameters) };
}

/** A pattern for GLOB in which `*` alone is special. */
function globPattern(text: string): string {
  return text.replaceAll(/[[?]/g, '[$&]');
}

/** A pattern for LIKE that contains the text; the escape character is the backslash. */
export function likePattern(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}

/** Compares a numeric column. */
export function compareNumber(column: string, operator: Operator, value: number): Sql {
  if (operator === '~' || operator === '!~') return compareText(column, operator, String(value));
  return sql(`${column} ${operator} ?`, value);
}

/** Compares a column of text. A bare value may hold `*`. */
export function compareText(column: string, operator: Operator, text: string, isQuoted = true): Sql {
  if (operator === '~') return sql(String.raw`${column} LIKE ? ESCAPE '\'`, likePattern(text));
  if (operator === '!~') return not(compareText(column, '~', text));
  if (operator === '!=') return not(compareText(column, '=', text, isQuoted));
  if (operator !== '=') return sql(`${column} ${operator} ?`, text);
  if (!isQuoted && text === '*') return sql(`${column} IS NOT NULL`);
  if (!isQuoted && text.includes('*')) return sql(`${column} GLOB ?`, globPattern(text));
  return sql(`${column} = ?`, text);
}

/** Compares a value of any type that stands in JSON: `column` is an expression that gives it (`->>`). */
export function compareAny(column: string, operator: Operator, value: Value): Sql {
  if (operator === '!=') return not(compareAny(column, '=', value));
  if (operator === '!~') return not(compareAny(column, '~', value));
  if (operator === '~') return compareText(column, '~', value.text);
  const comparand = value.number ?? value.durationMs;
  if (operator !== '=') {
    if (comparand === undefined)
      return sql(`typeof(${column}) = 'text' AND ${column} ${operator} ?`, value.text);
    const numeric = `(typeof(${column}) <> 'text' OR ${column} GLOB '[-0-9]*') AND CAST(${column} AS REAL)`;
    return sql(`${numeric} ${operator} ?`, comparand);
  }
  const isBoolean = !value.isQuoted && (value.text === 'true' || value.text === 'false');
  const same = any([
    compareText(column, '=', value.text, value.isQuoted),
    ...(value.number === undefined ? [] : [sql(`${column} = ?`, value.number)]),
    ...(isBoolean ? [sql(`${column} = ?`, value.text === 'true' ? 1 : 0)] : []),
    // An array matches when an element does.
    sql(
      `CASE WHEN ${column} GLOB '[[]*' AND json_valid(${column}) THEN EXISTS (SELECT 1 FROM json_each(${column}) WHERE value = ?) END`,
      value.number ?? value.text,
    ),
  ]);
  return same;
}
