import { diag } from '@opentelemetry/api';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { redacted } from './redact-url.ts';
import type { Redactor } from './redactor.ts';

/** Emitted log records without secrets. */
export class LogRedaction {
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** The same record when there is no secret in it. */
  redactRecord(record: ReadableLogRecord): ReadableLogRecord {
    try {
      const attributes = this.#redactor.attributes(record.attributes);
      const body = record.body === undefined ? undefined : this.#redactor.value(record.body);
      return attributes === record.attributes && body === record.body
        ? record
        : withRecordOverrides(record, { attributes, body });
    } catch (error) {
      // What cannot be read, a getter that throws, may hold anything.
      diag.error('A log record could not be searched for secrets, and lost its content', error);
      const names = Object.keys(record.attributes);
      const attributes = Object.fromEntries(names.map((name) => [name, redacted]));
      return withRecordOverrides(record, { attributes, body: redacted });
    }
  }
}

/** A record with another content. The record itself stays as it was emitted. */
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
