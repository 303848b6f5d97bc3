import type { Family } from './family.ts';
import type { Losses } from './losses.ts';
import { SeriesIndex, type Series } from './series.ts';

/** What a page leaves out, as a metric of that page; undefined when it leaves out nothing. */
export function lossFamily({ counts }: Losses): Family | undefined {
  if (counts.size === 0) return undefined;
  const known = new Map<string, Series>();
  const index = new SeriesIndex(known, { scope: [], reserved: '', nameOf: (key) => key });
  const points = Array.from(counts, ([reason, value]) => ({
    attributes: { reason },
    startTime: epoch,
    endTime: epoch,
    value,
  }));
  return {
    name: 'sonde_prometheus_dropped_series',
    type: 'gauge',
    unit: '',
    help: 'Series that are not on this page',
    ownsBase: false,
    metrics: [{ points, index }],
    known,
  };
}

const epoch: [number, number] = [0, 0];
