/** How the lines of a chart differ: by color and, for who sees none, by dashes. */
export interface SeriesStyle {
  readonly token: string;
  readonly dash: readonly number[];
}

const tokens = ['accent', 'client', 'db', 'warn', 'ok', 'err'];
const dashes: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [10, 3, 2, 3]];

export const seriesStyle = (index: number): SeriesStyle => ({
  token: tokens[index % tokens.length] ?? 'accent',
  dash: dashes[Math.floor(index / 2) % dashes.length] ?? [],
});
