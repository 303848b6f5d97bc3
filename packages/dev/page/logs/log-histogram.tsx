import type { VNode } from 'preact';
import { apiAddress } from '../api/client.ts';
import { versions } from '../api/live.ts';
import { formatPlural } from '../format/number.ts';
import { formatTime } from '../format/time.ts';
import { useQuery } from '../state/query.ts';

interface Histogram {
  readonly bucketMs: number;
  readonly buckets: readonly { readonly time: number; readonly counts: Readonly<Record<string, number>> }[];
}

const height = 34;

/** How many records came in the last minutes; the dark part is of errors. */
export function LogHistogram({ q }: { readonly q: string }): VNode | null {
  const address = apiAddress('/api/logs/histogram', { q, window: '15m' });
  const { data } = useQuery<Histogram>(address, versions.logs, { keep: true });
  if (data === undefined || data.buckets.length === 0) return null;
  const bars = data.buckets.map(({ time, counts }) => {
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return {
      time,
      all,
      errors: (counts['error'] ?? 0) + (counts['fatal'] ?? 0),
      warnings: counts['warn'] ?? 0,
    };
  });
  const max = Math.max(1, ...bars.map(({ all }) => all));
  const total = bars.reduce((sum, { all }) => sum + all, 0);
  const y = (count: number): number => (count / max) * (height - 2);
  return (
    <svg
      class="histogram"
      viewBox={`0 0 ${bars.length} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${formatPlural(total, 'log record')} in 15 minutes`}
    >
      {bars.map(({ time, all, errors, warnings }, index) => (
        <g key={time}>
          <title>{`${formatTime(time, 'second')}: ${formatPlural(all, 'record')}, ${formatPlural(errors, 'error')}`}</title>
          <rect x={index + 0.1} width="0.8" y={height - y(all)} height={y(all)} class="all" />
          <rect
            x={index + 0.1}
            width="0.8"
            y={height - y(errors + warnings)}
            height={y(errors + warnings)}
            class="warn"
          />
          <rect x={index + 0.1} width="0.8" y={height - y(errors)} height={y(errors)} class="error" />
        </g>
      ))}
    </svg>
  );
}
