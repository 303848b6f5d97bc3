function parse(version: string): number[] {
  return version.replace(/^[v=]/, '').split(/[-+]/, 1)[0]?.split('.').map(Number) ?? [];
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether one comparator, such as `>=2` or `^1.2`, accepts a version. */
function accepts(version: readonly number[], comparator: string): boolean {
  const [, operator = '', text = ''] = /^(>=|<=|>|<|\^|~|=)?v?([\d.]*)/.exec(comparator) ?? [];
  if (text === '') return true;
  const bound = parse(text);
  const order = compare(version, bound);
  if (operator === '>=') return order >= 0;
  if (operator === '>') return order > 0;
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  const fixed = operator === '^' ? (bound[0] === 0 ? 2 : 1) : operator === '~' ? 2 : bound.length;
  return order >= 0 && bound.slice(0, fixed).every((part, index) => part === version[index]);
}

/** Whether a version lies in one of the ranges, as npm writes them. */
export function satisfies(version: string, ranges: readonly string[]): boolean {
  const parts = parse(version);
  return ranges
    .flatMap((range) => range.split('||'))
    .some((range) =>
      range
        .trim()
        .replaceAll(/([<>=^~])\s+/g, '$1')
        .split(/\s+/)
        .every((comparator) => accepts(parts, comparator)),
    );
}
