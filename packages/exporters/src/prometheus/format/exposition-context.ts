import type { Point } from './family.ts';
import type { DroppedSeries } from './dropped-series.ts';
import type { Exemplar } from '@sonde/sdk';

/** What the writers of all formats need besides the families. */
export interface ExpositionContext {
  /** Whether the page tells when each series began, where its format has a place for that. */
  readonly created: boolean;
  readonly losses: DroppedSeries;
  /** A point's exemplars, oldest first; none for a format that has no place for them. */
  readonly getExemplars: (point: Point) => readonly Exemplar[];
}
