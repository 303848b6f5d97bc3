import type { OtlpSink } from '../support/otlp-sink.ts';
import type { Program } from '../support/program.ts';
import type { Kind } from '../packaging/loading.ts';
import type { Observation } from './observation.ts';
import type { Subject } from './subject.ts';

/** How the Collector is: it answers at once, nobody listens, or each request waits. */
export type CollectorMode = 'up' | 'down' | 'slow';

/** An application for a subject. */
export interface Application {
  /** What it does; `work()` records one span, one log record and one count, `emit(body)` a log record. */
  readonly body: string;
  /** Names that it takes from modules of Node. */
  readonly uses?: Readonly<Record<string, readonly string[]>>;
  /** Files beside it. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** What is preloaded before the set-up. */
  readonly before?: readonly string[];
}

/** One row of the table: the same program and the same judgement for every subject. */
export interface Scenario {
  readonly title: string;
  readonly kind: Kind;
  readonly collector: CollectorMode;
  /** Says what a subject lacks to take part at all. */
  readonly lacks?: (subject: Subject) => string | undefined;
  /** Whether somebody else has the port of the page for Prometheus. */
  readonly pagePortTaken?: boolean;
  /** @param pagePort a port for the page for Prometheus */
  readonly application: (subject: Subject, pagePort: number) => Application;
  /** What happens to the application while it runs. */
  readonly act?: (program: Program, sink: OtlpSink) => Promise<void>;
  /** What is wrong, in a few words; undefined when all is right. */
  readonly judge: (observation: Observation) => string | undefined;
}

/** What a subject without a page for Prometheus lacks. */
export const lacksPage = (subject: Subject): string | undefined =>
  subject.prometheus ? undefined : 'no Prometheus page';

/** The variables that open a page for Prometheus, where there can be one, beside OTLP. */
export const withPage = (subject: Subject, pagePort: number): Readonly<Record<string, string>> =>
  subject.prometheus
    ? {
        OTEL_METRICS_EXPORTER: 'otlp,prometheus',
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        OTEL_EXPORTER_PROMETHEUS_PORT: String(pagePort),
      }
    : {};

/** Short intervals, for rows that are not about the end of the process. */
export const promptly: Readonly<Record<string, string>> = {
  OTEL_BSP_SCHEDULE_DELAY: '200',
  OTEL_BLRP_SCHEDULE_DELAY: '200',
  OTEL_METRIC_EXPORT_INTERVAL: '400',
  OTEL_METRIC_EXPORT_TIMEOUT: '400',
};
