import { type Counter, type MeterProvider, ROOT_CONTEXT } from '@opentelemetry/api';

import type { NoticeBoard } from '../notice.ts';

/** The reason why a measurement is rejected. */
export type RejectionReason = 'attributes_unreadable' | 'before_start' | 'not_finite';

const sentences: Readonly<Record<RejectionReason, string>> = {
  attributes_unreadable: 'reading its attributes throws',
  before_start: 'too many measurements were made before the SDK started',
  not_finite: 'the value is not finite',
};

/** Counts rejected measurements as the metric `sonde.metrics.rejected`, and reports each metric and reason once. */
export class RejectedMeasurements {
  readonly #notices: NoticeBoard;
  readonly #counts = new Map<RejectionReason, number>();
  #provider: MeterProvider | undefined;
  #counter: Counter | undefined;

  constructor(notices: NoticeBoard) {
    this.#notices = notices;
  }

  /** Counts a rejected measurement. */
  record(reason: RejectionReason, metric: string): void {
    if (this.#provider === undefined) this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    else this.#count(1, reason);
    this.#notices.reportOnce(`${reason} ${metric}`, {
      code: 'SONDE_METRIC_REJECTED',
      message: `rejected a measurement of '${metric}': ${sentences[reason]}`,
    });
  }

  /** Reports once that a metric has reached its cardinality limit. */
  reportOverflow(metric: string, limit: number): void {
    this.#notices.reportOnce(`overflow ${metric}`, {
      code: 'SONDE_METRIC_CARDINALITY_LIMIT',
      message: `metric '${metric}' has ${limit} series: new attribute sets are counted in its series otel.metric.overflow`,
    });
  }

  /** Reports once that the limit of instruments or meters is reached. */
  reportNames(names: 'instruments' | 'meters', limit: number): void {
    const outcome =
      names === 'meters' ? 'later ones share the meter sonde.overflow' : 'later ones record nothing';
    this.#notices.reportOnce(`names ${names}`, {
      code: 'SONDE_METRIC_NAMES_LIMIT',
      message: `${limit} ${names} exist and ${outcome}: use attributes for what varies, and few names`,
    });
  }

  /** Reports once that a name differs from an earlier one in case alone. */
  reportCase(name: string, first: string): void {
    this.#notices.reportOnce(`case ${name}`, {
      code: 'SONDE_METRIC_NAME_CASE',
      message: `instrument '${name}' is the same as '${first}', because names are not case-sensitive: it is exported as '${first}'; use one spelling`,
    });
  }

  /** Reports once that the callback of observable instruments was cut off. */
  reportSlowCallback(metrics: string, timeoutMs: number): void {
    this.#notices.reportOnce(`slow ${metrics}`, {
      code: 'SONDE_METRIC_CALLBACK_SLOW',
      message: `the callback of metric ${metrics} takes more than ${timeoutMs} ms: it is skipped until it returns, and the other metrics are collected`,
    });
  }

  /** Counts with an instrument of this provider from now on, including earlier rejections. */
  bind(provider: MeterProvider): void {
    this.#provider = provider;
    for (const [reason, count] of this.#counts) this.#count(count, reason);
    this.#counts.clear();
  }

  #count(count: number, reason: RejectionReason): void {
    this.#counter ??= this.#provider?.getMeter('@sonde/exporters').createCounter('sonde.metrics.rejected', {
      description: 'The number of measurements that were rejected.',
      unit: '{measurement}',
    });
    // Reading the active context may be what was rejected.
    this.#counter?.add(count, { reason }, ROOT_CONTEXT);
  }
}
