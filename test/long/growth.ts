/**
 * How much a series grows from its first to its last sample by its trend: the median of the slopes between any two
 * samples, which a few outliers do not move.
 *
 * @see https://en.wikipedia.org/wiki/Theil%E2%80%93Sen_estimator
 */
export function measureGrowth(series: readonly number[]): number {
  const slopes = series.flatMap((from, index) =>
    series.slice(index + 1).map((to, distance) => (to - from) / (distance + 1)),
  );
  slopes.sort((a, b) => a - b);
  return (slopes[Math.floor(slopes.length / 2)] ?? 0) * (series.length - 1);
}
