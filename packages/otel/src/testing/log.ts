import type { AnyValue, Attributes } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { dateOf } from './span.ts';

/** A log record, as plain data. */
export interface TestLog {
  /** The name of the logger, which is the instrumentation scope. */
  readonly logger: string;
  /** `TRACE` `DEBUG` `INFO` `WARN` `ERROR` `FATAL`, or what a foreign logger says. */
  readonly severity: string | undefined;
  readonly severityNumber: number | undefined;
  readonly body: AnyValue;
  readonly attributes: Attributes;
  readonly eventName: string | undefined;
  /** Of the span that was active. */
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly time: Date;
}

/** A log record as plain data. */
export function plainLog(record: ReadableLogRecord): TestLog {
  return {
    logger: record.instrumentationScope.name,
    severity: record.severityText,
    severityNumber: record.severityNumber,
    body: record.body,
    attributes: { ...record.attributes },
    eventName: record.eventName,
    traceId: record.spanContext?.traceId,
    spanId: record.spanContext?.spanId,
    time: dateOf(record.hrTime),
  };
}
