/** Writes a value of the query language; it is quoted where a bare word would read otherwise. */
export const quoteValue = (value: string): string =>
  /^[\w./-]+$/.test(value) && value !== 'or' && value !== 'not'
    ? value
    : `"${value.replaceAll(/["\\]/g, '\\$&')}"`;

/** The terms of a query, as far as they stand beside one another. */
function splitTerms(query: string): string[] {
  return query.match(/(?:"(?:\\.|[^"\\])*"?|\([^)]*\)?|[^\s"(])+/g) ?? [];
}

const operator = /^("[^"]*"|[\w./:-]+)(=|!=|>=|<=|>|<|~|!~)/;

/** Replaces the terms of a field by another one; no value removes them. */
export function withTerm(query: string, field: string, value: string, comparison = '='): string {
  const others = splitTerms(query).filter((term) => operator.exec(term)?.[1] !== field);
  return [...others, ...(value === '' ? [] : [`${field}${comparison}${quoteValue(value)}`])].join(' ');
}

/** The value that a query compares a field with, if it has such a term. */
export function termValue(query: string, field: string): string {
  const term = splitTerms(query).find((text) => operator.exec(text)?.[1] === field);
  const value = term?.replace(operator, '') ?? '';
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
}
