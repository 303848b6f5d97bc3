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
    const { attributes, body } = record;
    if (!isPlain(body)) record.setBody(toAnyValue(body));
    for (const key in attributes) {
      const value = attributes[key];
      if (!isPlain(value)) attributes[key] = toAnyValue(value);
    }
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}
