import { diag } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { Redactor } from './redactor.ts';
import { redacted } from './redact-url.ts';

type LogRecord = Parameters<LogRecordProcessor['onEmit']>[0];

/** Redacts attributes and body of each log record in place, before later processors run. */
export class RedactingLogRecordProcessor implements LogRecordProcessor {
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  onEmit(record: LogRecord): void {
    try {
      this.#redact(record);
    } catch (error) {
      // A getter threw: the unreadable value may be a secret.
      diag.error('failed to redact a log record; its body and attributes are masked', error);
      record.setBody(redacted);
      for (const name of Object.keys(record.attributes)) record.setAttribute(name, redacted);
    }
  }

  #redact(record: LogRecord): void {
    const { attributes, body } = record;
    const redactedAttributes = this.#redactor.attributes(attributes);
    if (redactedAttributes !== attributes) {
      for (const [name, value] of Object.entries(redactedAttributes)) {
        if (value !== attributes[name]) record.setAttribute(name, value);
      }
    }
    if (body === undefined) return;
    const redactedBody = this.#redactor.value(body);
    if (redactedBody !== body) record.setBody(redactedBody);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
