import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { isPlain, toAnyValue } from '../logs/any-value.ts';

/** A record as a processor may change it. */
type Writable = ReadableLogRecord & { setBody(body: unknown): unknown };

/**
 * Replaces what no exporter could encode: a body that is circular or throws when it is read would take the whole
 * batch with it. It stands before all other processors, for records of every source.
 */
export class PoisonGuard implements LogRecordProcessor {
  onEmit(record: Writable): void {
    if (!isPlain(record.body)) record.setBody(toAnyValue(record.body));
    for (const key in record.attributes) {
      const value = record.attributes[key];
      if (!isPlain(value)) record.attributes[key] = toAnyValue(value);
    }
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
