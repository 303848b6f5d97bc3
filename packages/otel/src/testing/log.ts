import type { AnyValue, Attributes } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { toDate } from './span.ts';

/** A log record as plain data. */
export interface TestLog {
  /** The name of the logger, which is the instrumentation scope. */
  readonly logger: string;
  /** The severity text: `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, `FATAL`, or that of another logging library. */
  readonly severity: string | undefined;
  readonly severityNumber: number | undefined;
  readonly body: AnyValue;
  readonly attributes: Attributes;
  readonly eventName: string | undefined;
  /** The trace id of the active span. */
  readonly traceId: string | undefined;
  /** The span id of the active span. */
  readonly spanId: string | undefined;
  readonly time: Date;
}

/** Converts a log record to plain data. */
export function toTestLog(record: ReadableLogRecord): TestLog {
  return {
    logger: record.instrumentationScope.name,
    severity: record.severityText,
    severityNumber: record.severityNumber,
    body: record.body,
    attributes: { ...record.attributes },
    eventName: record.eventName,
    traceId: record.spanContext?.traceId,
    spanId: record.spanContext?.spanId,
    time: toDate(record.hrTime),
  };
}
