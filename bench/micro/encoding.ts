import { type Attributes, ROOT_CONTEXT, SeverityNumber, SpanKind, trace } from '@opentelemetry/api';
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { LoggerProvider, LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan, SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

import { encodeLogs, encodeTraces } from '@sonde/exporters';
import type { Operations } from './report.ts';
import type { LeanTracerProvider } from '@sonde/sdk';

const size = 512;

/** Keeps ended items. */
class Kept implements SpanProcessor, LogRecordProcessor {
  readonly spans: ReadableSpan[] = [];
  readonly records: ReadableLogRecord[] = [];
  onStart(): void {}
  onEnd(span: ReadableSpan): void {
    this.spans.push(span);
  }
  onEmit(record: ReadableLogRecord): void {
    this.records.push(record);
  }
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/** Encoding a batch of an engine's spans and log records with the encoder that goes with it. */
export function encoding(
  Traces: typeof TracerProvider | typeof LeanTracerProvider,
  Logs: typeof LoggerProvider,
  isLean: boolean,
  frozen: Attributes,
): { operations: Operations; size: number } {
  const kept = new Kept();
  const tracing = { spanProcessors: [kept], samplerLooksAtAttributes: false };
  const tracer = new Traces(tracing).getTracer('micro');
  const logger = new Logs({ processors: [kept] }).getLogger('micro');
  for (let id = 0; id < size; id++) {
    const options = { kind: SpanKind.SERVER, attributes: frozen };
    const span = tracer.startSpan('GET /users/:id', options, ROOT_CONTEXT);
    span.setAttributes({ 'user.id': String(id), 'http.response.status_code': 200 });
    logger.emit({
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      body: 'Looking up a user',
      attributes: { 'user.id': String(id), 'http.route': '/users/:id', cached: true },
      context: trace.setSpan(ROOT_CONTEXT, span),
    });
    span.end();
  }
  const { spans, records } = kept;
  const operations: Operations = {
    'OTLP, a span of a batch, 8 frozen attributes, and 2 set later': isLean
      ? () => encodeTraces(spans)
      : () => ProtobufTraceSerializer.serializeRequest(spans),
    'OTLP, a log record of a batch, 3 attributes': isLean
      ? () => encodeLogs(records)
      : () => ProtobufLogsSerializer.serializeRequest(records),
  };
  return { operations, size };
}
