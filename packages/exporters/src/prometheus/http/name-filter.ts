import type { Family } from '../format/family.ts';

const histogramSuffixes = ['', '_bucket', '_count', '_sum'];

/** The names that a scrape asks for with `name[]`, or undefined when it asks for all. */
export function requestedNames(target: string): ReadonlySet<string> | undefined {
  const query = target.indexOf('?');
  if (query === -1) return undefined;
  const names = new URLSearchParams(target.slice(query + 1)).getAll('name[]');
  return names.length === 0 ? undefined : new Set(names);
}

/** Whether one of the names is the family's, or one of its samples'. */
export function isRequested({ name, type }: Family, names: ReadonlySet<string>): boolean {
  if (type !== 'histogram') return names.has(name);
  return histogramSuffixes.some((suffix) => names.has(name + suffix));
}
