import type { Row, SubjectEnding } from '../row.ts';
import { hanging, refusing } from '../receiver/faults.ts';
import { failingWith, goingDown } from './stages.ts';

const up: Row['seconds'] = {
  full: { before: 10, during: 0, after: 0 },
  short: { before: 3, during: 0, after: 0 },
};
const failing: Row['seconds'] = {
  full: { before: 5, during: 7, after: 0 },
  short: { before: 1, during: 3, after: 0 },
};
// The receiver needs a moment before a process that ends by itself does so.
const recovering: Row['seconds'] = {
  full: { before: 5, during: 30, after: 1 },
  short: { before: 1, during: 6, after: 1 },
};
const handled: readonly SubjectEnding[] = ['SIGTERM', 'process.exit()', 'crash', 'normal end'];

/** How the process ends, with a receiver that is up, down, or up again at that moment. */
export const endings: readonly Row[] = [
  // The rows of other faults end with SIGTERM.
  ...handled.slice(1).map((ending) => ({
    title: `${ending}, up`,
    stage: goingDown,
    seconds: up,
    ending,
    floor: 'nothing is lost' as const,
  })),
  ...handled.map((ending) => ({
    title: `${ending}, up again at once after 30 s`,
    stage: goingDown,
    seconds: recovering,
    ending,
    floor: 'nothing is lost' as const,
  })),
  ...handled.map((ending) => ({
    title: `${ending}, down`,
    stage: goingDown,
    seconds: failing,
    ending,
    endsFaulty: true,
    floor: 'losses are reported' as const,
    spoolFloor: 'nothing is lost' as const,
  })),
  {
    title: 'SIGTERM, down, 20 s for the exit',
    stage: goingDown,
    seconds: failing,
    env: { SONDE_EXIT_TIMEOUT: '20000' },
    endsFaulty: true,
    // Nothing is gained by waiting, so the process ends long before.
    floor: 'losses are reported',
    spoolFloor: 'nothing is lost',
  },
  {
    title: 'SIGTERM, up again at once after status 503 with Retry-After: 3600',
    stage: failingWith(() => refusing(503, 'try again', () => ({ 'retry-after': '3600' }))),
    seconds: recovering,
    floor: 'nothing is lost',
  },
  {
    title: 'SIGTERM, no answer',
    stage: failingWith(() => hanging(false)),
    runsIntoTimeout: true,
    seconds: failing,
    endsFaulty: true,
    floor: 'losses are reported',
    spoolFloor: 'nothing is lost',
  },
  {
    title: 'process.exit(), status 503',
    stage: failingWith(() => refusing(503, 'try again')),
    seconds: failing,
    ending: 'process.exit()',
    endsFaulty: true,
    floor: 'losses are reported',
    spoolFloor: 'nothing is lost',
  },
  {
    title: 'SIGKILL, up',
    stage: goingDown,
    seconds: up,
    ending: 'SIGKILL',
    floor: 'dies silently',
    spoolFloor: 'a batch is lost',
  },
  {
    title: 'SIGKILL, down for 20 s',
    stage: goingDown,
    seconds: { ...failing, full: { before: 5, during: 20, after: 0 } },
    ending: 'SIGKILL',
    endsFaulty: true,
    floor: 'dies silently',
    spoolFloor: 'a batch is lost',
  },
];
