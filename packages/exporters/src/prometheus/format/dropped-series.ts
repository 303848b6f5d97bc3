import type { NoticeBoard } from '@sonde/sdk';

/** Why series are left out of a page. */
export type DropReason =
  | 'delta_temporality'
  | 'duplicate_series'
  | 'invalid_name'
  | 'type_conflict'
  | 'unit_conflict';

const sentences: Readonly<Record<DropReason, string>> = {
  delta_temporality: 'its temporality is delta, and a scrape needs cumulative points',
  duplicate_series: 'several of its series end in the same labels and cannot be added up',
  invalid_name: 'nothing of its name can be kept',
  type_conflict: 'another metric has the same name in Prometheus and another type; rename one of them',
  unit_conflict: 'another metric has the same name in Prometheus and another unit; rename one of them',
};

/** What one page leaves out, counted by reason; each metric and reason is told once in the life of the exporter. */
export class DroppedSeries {
  readonly #notices: NoticeBoard;
  readonly #counts = new Map<DropReason, number>();

  constructor(notices: NoticeBoard) {
    this.#notices = notices;
  }

  /** The number of series left out, by reason. */
  get counts(): ReadonlyMap<DropReason, number> {
    return this.#counts;
  }

  add(reason: DropReason, metric: string, seriesCount: number): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + seriesCount);
    this.#notices.reportOnce(`${reason} ${metric}`, {
      code: 'SONDE_PROMETHEUS_SERIES_DROPPED',
      message: `metric '${metric}' is not or not wholly on the Prometheus page: ${sentences[reason]}`,
    });
  }
}
