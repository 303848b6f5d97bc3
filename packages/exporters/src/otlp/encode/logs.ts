import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ProtobufWriter } from '../../protobuf/writer.ts';
import { writeAnyValue } from './any-value.ts';
import { AttributeEncoder } from './attribute-encoder.ts';
import { type EncodedRequest, OtlpRequestBuilder } from './request-builder.ts';
import { writeSpanIds } from './span-ids.ts';
import { spanIds } from '@sonde/sdk';

const recordAttributes = new AttributeEncoder(6);

/**
 * Encodes log records of any SDK as one `ExportLogsServiceRequest`. Never throws: a record that cannot be encoded is
 * left out and counted.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 * @example
 * ```ts
 * const { body, count } = encodeLogs(exporter.getFinishedLogRecords());
 * ```
 */
export function encodeLogs(records: readonly ReadableLogRecord[]): EncodedRequest {
  const builder = createLogsRequest();
  builder.add(records);
  return builder.encoded;
}

/** Creates a builder that encodes log records as they are added. */
export function createLogsRequest(fullBytes?: number): OtlpRequestBuilder<ReadableLogRecord> {
  return new OtlpRequestBuilder(writeRecord, fullBytes);
}

function writeRecord(writer: ProtobufWriter, record: ReadableLogRecord): void {
  const start = writer.open(2, 2);
  const { hrTime, hrTimeObserved, severityNumber, severityText, body, eventName } = record;
  writer.time(1, hrTime[0], hrTime[1]);
  if (severityNumber) writer.uint(2, severityNumber);
  if (severityText) writer.string(3, severityText);
  if (body !== undefined) writeAnyValue(writer, 5, body);
  recordAttributes.write(writer, record.attributes);
  if (record.droppedAttributesCount > 0) writer.uint(7, record.droppedAttributesCount);
  const ids = spanIds(record) ?? record.spanContext;
  if (ids !== undefined && ids !== null) {
    if (ids.traceFlags) writer.fixed32(8, ids.traceFlags);
    writeSpanIds(writer, 9, 10, ids);
  }
  writer.time(11, hrTimeObserved[0], hrTimeObserved[1]);
  if (eventName) writer.string(12, eventName);
  writer.close(start, 2);
}
