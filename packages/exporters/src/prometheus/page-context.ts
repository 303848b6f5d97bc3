
import type { Point } from './family.ts';
import type { Losses } from './losses.ts';
import type { Exemplar } from '@sonde/sdk';

/** What the writers of all formats need besides the families. */
export interface PageContext {
  /** Whether the page tells when each series began, where its format has a place for that. */
  readonly created: boolean;
  readonly losses: Losses;
  /** A point's exemplars, oldest first; none for a format that has no place for them. */
  readonly exemplarsOf: (point: Point) => readonly Exemplar[];
}
