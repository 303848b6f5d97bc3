import type { NoticeBoard } from '@sonde/sdk';

/** Why series are dropped from a scrape response. */
export type DropReason =
  | 'delta_temporality'
  | 'duplicate_series'
  | 'invalid_name'
  | 'type_conflict'
  | 'unit_conflict';

const explanations: Readonly<Record<DropReason, string>> = {
  delta_temporality: 'its temporality is delta, and scrapes require cumulative data points',
  duplicate_series: 'several of its series have the same labels and cannot be merged',
  invalid_name: 'its name has no valid characters',
  type_conflict: 'another metric with the same Prometheus name has a different type; rename one of them',
  unit_conflict: 'another metric with the same Prometheus name has a different unit; rename one of them',
};

/** The series dropped from one scrape response. Each metric and reason is reported once in the lifetime of the exporter. */
export class DroppedSeries {
  readonly #notices: NoticeBoard;
  readonly #counts = new Map<DropReason, number>();

  constructor(notices: NoticeBoard) {
    this.#notices = notices;
  }

  /** The number of dropped series by reason. */
  get counts(): ReadonlyMap<DropReason, number> {
    return this.#counts;
  }

  add(reason: DropReason, metric: string, seriesCount: number): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + seriesCount);
    this.#notices.reportOnce(`${reason} ${metric}`, {
      code: 'SONDE_PROMETHEUS_SERIES_DROPPED',
      message: `dropped series of metric '${metric}' from the scrape response: ${explanations[reason]}`,
    });
  }
}
