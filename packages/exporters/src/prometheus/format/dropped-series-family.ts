import type { Family } from './family.ts';
import type { DroppedSeries } from './dropped-series.ts';
import { SeriesIndex, type Series } from './series.ts';

/** What a page leaves out, as a metric of that page; undefined when it leaves out nothing. */
export function droppedSeriesFamily({ counts }: DroppedSeries): Family | undefined {
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
    canOmitSuffix: false,
    metrics: [{ points, index }],
    known,
  };
}

const epoch: [number, number] = [0, 0];
