import { diag } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { redacted } from './redact-url.ts';
import type { Redactor } from './redactor.ts';

/** Redacts log records when they leave the export queue. */
export class LogRedaction {
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** Returns a redacted copy, or the same record if it contains no secret. */
  redactRecord(record: ReadableLogRecord): ReadableLogRecord {
    try {
      const attributes = this.#redactor.attributes(record.attributes);
      const body = record.body === undefined ? undefined : this.#redactor.value(record.body);
      return attributes === record.attributes && body === record.body
        ? record
        : withRecordOverrides(record, { attributes, body });
    } catch (error) {
      // A getter threw: the unreadable value may be a secret.
      diag.error('failed to redact a log record; its body and attributes are masked', error);
      const names = Object.keys(record.attributes);
      const attributes = Object.fromEntries(names.map((name) => [name, redacted]));
      return withRecordOverrides(record, { attributes, body: redacted });
    }
  }
}

/** Copies a record with another body and other attributes. */
function withRecordOverrides(
  record: ReadableLogRecord,
  { attributes, body }: Pick<ReadableLogRecord, 'attributes' | 'body'>,
): ReadableLogRecord {
  return {
    hrTime: record.hrTime,
    hrTimeObserved: record.hrTimeObserved,
    spanContext: record.spanContext,
    severityText: record.severityText,
    severityNumber: record.severityNumber,
    eventName: record.eventName,
    resource: record.resource,
    instrumentationScope: record.instrumentationScope,
    droppedAttributesCount: record.droppedAttributesCount,
    attributes,
    body,
  } as ReadableLogRecord;
}
