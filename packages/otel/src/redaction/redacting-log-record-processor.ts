import { diag } from '@opentelemetry/api';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import type { Redactor } from './redactor.ts';
import { redacted } from './redact-url.ts';

type LogRecord = Parameters<LogRecordProcessor['onEmit']>[0];

/** Takes secrets out of each log record, in attributes and body, before other processors see it. */
export class RedactingLogRecordProcessor implements LogRecordProcessor {
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  onEmit(record: LogRecord): void {
    try {
      this.#clean(record);
    } catch (error) {
      // What cannot be read, a getter that throws, may hold anything.
      diag.error('A log record could not be searched for secrets, and lost its content', error);
      record.setBody(redacted);
      for (const name of Object.keys(record.attributes)) record.setAttribute(name, redacted);
    }
  }

  #clean(record: LogRecord): void {
    const { attributes, body } = record;
    const clean = this.#redactor.attributes(attributes);
    if (clean !== attributes) {
      for (const [name, value] of Object.entries(clean)) {
        if (value !== attributes[name]) record.setAttribute(name, value);
      }
    }
    if (body === undefined) return;
    const cleanBody = this.#redactor.value(body);
    if (cleanBody !== body) record.setBody(cleanBody);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
