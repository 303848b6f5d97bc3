import type { OtlpSink } from '../support/otlp-sink.ts';
import type { Program } from '../support/program.ts';
import type { Kind } from '../packaging/loading.ts';
import type { Observation } from './observation.ts';
import type { Subject } from './subject.ts';

/** State of the Collector: responds immediately, does not listen, or delays each response. */
export type CollectorMode = 'up' | 'down' | 'slow';

/** Application to run. */
export interface Application {
  /** Source; `work()` records one span, one log record and one count, `emit(body)` one log record. */
  readonly body: string;
  /** Imports by Node.js module. */
  readonly uses?: Readonly<Record<string, readonly string[]>>;
  /** Additional files. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments before the preload of the subject. */
  readonly before?: readonly string[];
}

/** Row of the table: the same program and criteria for every subject. */
export interface Scenario {
  readonly title: string;
  readonly kind: Kind;
  readonly collector: CollectorMode;
  /** Names the feature that the subject lacks, if any. */
  readonly lacks?: (subject: Subject) => string | undefined;
  /** Whether another process uses the Prometheus port. */
  readonly isPrometheusPortInUse?: boolean;
  /** @param prometheusPort port of the Prometheus endpoint */
  readonly application: (subject: Subject, prometheusPort: number) => Application;
  /** Acts on the running application. */
  readonly act?: (program: Program, sink: OtlpSink) => Promise<void>;
  /** Describes the fault in a few words; undefined if the criteria are met. */
  readonly judge: (observation: Observation) => string | undefined;
}

/** Reason of a subject without a Prometheus endpoint. */
export const lacksPrometheus = (subject: Subject): string | undefined =>
  subject.prometheus ? undefined : 'no Prometheus endpoint';

/** Variables that enable the Prometheus endpoint, if supported, in addition to OTLP. */
export const withPrometheus = (subject: Subject, prometheusPort: number): Readonly<Record<string, string>> =>
  subject.prometheus
    ? {
        OTEL_METRICS_EXPORTER: 'otlp,prometheus',
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(prometheusPort),
      }
    : {};

/** Short intervals, for rows that do not test process exit. */
export const promptly: Readonly<Record<string, string>> = {
  OTEL_BSP_SCHEDULE_DELAY: '200',
  OTEL_BLRP_SCHEDULE_DELAY: '200',
  OTEL_METRIC_EXPORT_INTERVAL: '400',
  OTEL_METRIC_EXPORT_TIMEOUT: '400',
};
