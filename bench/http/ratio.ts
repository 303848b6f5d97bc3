import { median } from '../measure.ts';

const quantile = (numbers: readonly number[], q: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.round((numbers.length - 1) * q)] ?? Number.NaN;

/** Ratio between two programs over several rounds. */
export interface Ratio {
  readonly middle: number;
  /** Lower quartile. */
  readonly low: number;
  /** Upper quartile. */
  readonly high: number;
}

/** Median and quartiles of the ratios per round, in which both programs had the same conditions. */
export function computeRatio<Slice>(
  own: readonly Slice[],
  base: readonly Slice[],
  of: keyof Slice,
): Ratio | undefined {
  if (own.length === 0 || base.length === 0) return undefined;
  const each = own.map((slice, round) => Number(slice[of]) / Number(base[round]?.[of]));
  return { middle: median(each), low: quantile(each, 0.25), high: quantile(each, 0.75) };
}

/** Formats a ratio for a table. */
export const shown = (ratio: Ratio | undefined): string =>
  ratio === undefined ? '' : `${ratio.middle.toFixed(2)} [${ratio.low.toFixed(2)}-${ratio.high.toFixed(2)}]`;
