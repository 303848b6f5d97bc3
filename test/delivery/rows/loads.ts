import type { Row } from '../row.ts';
import { delaying } from '../receiver/faults.ts';
import { failingWith, goingDown } from './stages.ts';

const throughout = (full: number, short: number): Row['seconds'] => ({
  full: { before: 0, during: full, after: 0 },
  short: { before: 0, during: short, after: 0 },
});

/** Many or large items. */
export const loads: readonly Row[] = [
  {
    title: 'latency of 100 ms, 8,000 spans/s',
    stage: failingWith(() => delaying(100)),
    seconds: throughout(20, 8),
    perSecond: { spans: 8000, logs: 1600 },
    endsFaulty: true,
    isHeavy: true,
    floor: 'nothing is lost',
  },
  {
    title: 'down for 60 s, attributes of 16 kB',
    stage: goingDown,
    seconds: { full: { before: 5, during: 60, after: 15 }, short: { before: 1, during: 10, after: 2 } },
    attributeBytes: 16_384,
    isHeavy: true,
    floor: 'losses are reported',
    // Twice the size of the queue.
    maxGrowthMb: 128,
  },
  {
    title: '20,000 spans/s',
    stage: goingDown,
    seconds: { full: { before: 15, during: 0, after: 0 }, short: { before: 3, during: 0, after: 0 } },
    perSecond: { spans: 20_000, logs: 4000 },
    isHeavy: true,
    floor: 'nothing is lost',
  },
  {
    title: 'down for 10 s, 20,000 spans/s',
    stage: goingDown,
    seconds: { full: { before: 5, during: 10, after: 10 }, short: { before: 1, during: 3, after: 2 } },
    perSecond: { spans: 20_000, logs: 4000 },
    isHeavy: true,
    floor: 'nothing is lost',
    maxGrowthMb: 400,
  },
];
