import { type Link, type SpanStatus, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace';
import type { ProtobufWriter } from '../../protobuf/writer.ts';

import { AttributeEncoder } from './attribute-encoder.ts';
import { type EncodedRequest, OtlpRequestBuilder } from './request-builder.ts';
import { writeSpanIds } from './span-ids.ts';
import { attributeParts, spanIds } from '@sonde/sdk';

const hasIsRemote = 0x100;
const isRemote = 0x200;

const spanAttributes = new AttributeEncoder(9);
const eventAttributes = new AttributeEncoder(3);
const linkAttributes = new AttributeEncoder(4);

/**
 * Encodes ended spans of any SDK as one `ExportTraceServiceRequest`. Never throws: a span that cannot be encoded is
 * left out and counted.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 * @example
 * ```ts
 * const { body, count } = encodeTraces(exporter.getFinishedSpans());
 * await fetch(url, { method: 'POST', headers: { 'content-type': 'application/x-protobuf' }, body });
 * ```
 */
export function encodeTraces(spans: readonly ReadableSpan[]): EncodedRequest {
  const builder = createTracesRequest();
  builder.add(spans);
  return builder.encoded;
}

/** Creates a builder that encodes spans as they are added. */
export function createTracesRequest(fullBytes?: number): OtlpRequestBuilder<ReadableSpan> {
  return new OtlpRequestBuilder(writeSpan, fullBytes);
}

function writeSpan(writer: ProtobufWriter, span: ReadableSpan): void {
  const start = writer.open(2, 2);
  const ids = spanIds(span) ?? span.spanContext();
  writeSpanIds(writer, 1, 2, ids);
  const traceState = ids.traceState?.serialize();
  if (traceState) writer.string(3, traceState);
  const parent = span.parentSpanContext;
  if (parent?.spanId) writer.hex(4, parent.spanId);
  const { name, kind, startTime, endTime, events, links, status } = span;
  if (name !== '') writer.string(5, name);
  if (kind !== undefined && kind !== null) writer.uint(6, kind + 1);
  writer.time(7, startTime[0], startTime[1]);
  writer.time(8, endTime[0], endTime[1]);
  writeAttributes(writer, span);
  writeCount(writer, 10, span.droppedAttributesCount);
  for (const event of events) writeEvent(writer, event);
  writeCount(writer, 12, span.droppedEventsCount);
  for (const link of links) writeLink(writer, link);
  writeCount(writer, 14, span.droppedLinksCount);
  writeStatus(writer, status);
  writer.fixed32(16, flags(ids.traceFlags, parent?.isRemote));
  writer.close(start, 2);
}

function writeAttributes(writer: ProtobufWriter, span: ReadableSpan): void {
  const parts = attributeParts(span);
  if (parts === undefined) {
    spanAttributes.write(writer, span.attributes);
    return;
  }
  spanAttributes.writeShared(writer, parts.sharedAttributes);
  const { adoptedAttributes } = parts;
  if (adoptedAttributes !== undefined) spanAttributes.writeObject(writer, adoptedAttributes);
  spanAttributes.writePairs(writer, parts.ownAttributes);
}

function writeStatus(writer: ProtobufWriter, { code, message }: SpanStatus): void {
  const start = writer.open(15);
  if (message) writer.string(2, message);
  if (code !== SpanStatusCode.UNSET) writer.uint(3, code);
  writer.close(start);
}

function writeEvent(
  writer: ProtobufWriter,
  { time, name, attributes, droppedAttributesCount }: TimedEvent,
): void {
  const start = writer.open(11);
  writer.time(1, time[0], time[1]);
  if (name !== '') writer.string(2, name);
  eventAttributes.write(writer, attributes);
  writeCount(writer, 4, droppedAttributesCount);
  writer.close(start);
}

function writeLink(writer: ProtobufWriter, { context, attributes, droppedAttributesCount }: Link): void {
  const start = writer.open(13);
  writeSpanIds(writer, 1, 2, context);
  const traceState = context.traceState?.serialize();
  if (traceState) writer.string(3, traceState);
  linkAttributes.write(writer, attributes);
  writeCount(writer, 5, droppedAttributesCount);
  writer.fixed32(6, flags(context.traceFlags, context.isRemote));
  writer.close(start);
}

function writeCount(writer: ProtobufWriter, field: number, count: number | undefined): void {
  if (count !== undefined && count > 0) writer.uint(field, count);
}

/** The trace flags, and whether the parent context is remote. */
function flags(traceFlags: number, remote: boolean | undefined): number {
  return (traceFlags & 0xff) | hasIsRemote | (remote === true ? isRemote : 0);
}
