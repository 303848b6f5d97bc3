import { TraceFlags } from '@opentelemetry/api';
import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

import type { BatchQueue } from './batch-queue.ts';
import { spanIds } from '@sonde/sdk';

/** Adds each sampled span to a queue when it ends. */
export class BatchSpanProcessor implements SpanProcessor {
  readonly #queue: BatchQueue<ReadableSpan>;

  constructor(queue: BatchQueue<ReadableSpan>) {
    this.#queue = queue;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const { traceFlags } = spanIds(span) ?? span.spanContext();
    if ((traceFlags & TraceFlags.SAMPLED) !== 0) this.#queue.push(span);
  }

  forceFlush(): Promise<void> {
    return this.#queue.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#queue.shutdown();
  }
}

/** Adds each log record to a queue when it is emitted. */
export class BatchLogRecordProcessor implements LogRecordProcessor {
  readonly #queue: BatchQueue<ReadableLogRecord>;

  constructor(queue: BatchQueue<ReadableLogRecord>) {
    this.#queue = queue;
  }

  onEmit(record: ReadableLogRecord): void {
    this.#queue.push(record);
  }

  forceFlush(): Promise<void> {
    return this.#queue.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#queue.shutdown();
  }
}
