import type { Counter, MeterProvider } from '@opentelemetry/api';

import type { NoticeBoard } from '../notice.ts';

/** Why a measurement is not recorded. */
export type RejectionReason = 'attributes_unreadable' | 'before_start' | 'not_finite';

const sentences: Readonly<Record<RejectionReason, string>> = {
  attributes_unreadable: 'its attributes cannot be read',
  before_start: 'too many were made before the SDK was started',
  not_finite: 'it is no finite number, and would have ruined the series for ever',
};

/** Counts the measurements that are not recorded, as the metric `sonde.metrics.rejected`, and tells each metric and reason once. */
export class RejectedMeasurements {
  readonly #notices: NoticeBoard;
  readonly #counts = new Map<RejectionReason, number>();
  #provider: MeterProvider | undefined;
  #counter: Counter | undefined;

  constructor(notices: NoticeBoard) {
    this.#notices = notices;
  }

  /** Counts a measurement that is not recorded. */
  record(reason: RejectionReason, metric: string): void {
    if (this.#provider === undefined) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    else this.#count(1, reason);
    this.#notices.reportOnce(`${reason} ${metric}`, {
      code: 'SONDE_METRIC_REFUSED',
      message: `a measurement of '${metric}' is not recorded: ${sentences[reason]}`,
    });
  }

  /** Tells once that a metric has as many series as it may have. */
  reportOverflow(metric: string, limit: number): void {
    this.#notices.reportOnce(`overflow ${metric}`, {
      code: 'SONDE_METRIC_CARDINALITY_LIMIT',
      message: `metric '${metric}' has ${limit} series: new attribute sets are counted in its series otel.metric.overflow`,
    });
  }

  /** Reports once that there are as many instruments, or meters, as may be. */
  reportNames(names: 'instruments' | 'meters', limit: number): void {
    const outcome =
      names === 'meters' ? 'later ones share the meter sonde.overflow' : 'later ones record nothing';
    this.#notices.reportOnce(`names ${names}`, {
      code: 'SONDE_METRIC_NAMES_LIMIT',
      message: `${limit} ${names} exist and ${outcome}: use attributes for what varies, and few names`,
    });
  }

  /** Counts with an instrument of this provider from now on. */
  bind(provider: MeterProvider): void {
    this.#provider = provider;
    for (const [reason, count] of this.#counts) this.#count(count, reason);
    this.#counts.clear();
  }

  #count(count: number, reason: RejectionReason): void {
    this.#counter ??= this.#provider?.getMeter('@sonde/exporters').createCounter('sonde.metrics.rejected', {
      description: 'Measurements that were not recorded',
      unit: '{measurement}',
    });
    this.#counter?.add(count, { reason });
  }
}
