import { AttributeList } from './attribute-list.ts';
import { bounds } from './bounds.ts';
import { type Decoded, type EventData, type LinkData, noTime, type SpanData } from './model.ts';
import { readGroups } from './protobuf-groups.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { readAttribute } from './protobuf-values.ts';
import { SpanCheck } from './span-check.ts';

function readEvent(reader: ProtobufReader): EventData {
  const event: EventData = { time: noTime, name: '', attributes: new AttributeList(), dropped: 0 };
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) event.time = reader.instant();
    else if (reader.field === 2) event.name = reader.text(bounds.nameLength);
    else if (reader.field === 3) readAttribute(reader, event.attributes);
    else if (reader.field === 4) event.dropped = reader.varint();
    else reader.skipField();
  }
  reader.leave(outer);
  return event;
}

function readLink(reader: ProtobufReader): LinkData {
  const attributes = new AttributeList();
  const link: LinkData = { traceId: '', spanId: '', traceState: '', attributes, dropped: 0, flags: 0 };
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) link.traceId = reader.hex();
    else if (reader.field === 2) link.spanId = reader.hex();
    else if (reader.field === 3) link.traceState = reader.text(bounds.nameLength);
    else if (reader.field === 4) readAttribute(reader, attributes);
    else if (reader.field === 5) link.dropped = reader.varint();
    else if (reader.field === 6) link.flags = reader.fixed32();
    else reader.skipField();
  }
  reader.leave(outer);
  return link;
}

function readStatus(reader: ProtobufReader, span: SpanData): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 2) span.statusMessage = reader.text();
    else if (reader.field === 3) span.statusCode = reader.varint();
    else reader.skipField();
  }
  reader.leave(outer);
}

/** A span without values. */
function emptySpan(): SpanData {
  return {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: '',
    kind: 0,
    start: noTime,
    end: noTime,
    attributes: new AttributeList(),
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    statusCode: 0,
    statusMessage: '',
  };
}

function readSpan(reader: ProtobufReader): SpanData {
  const span = emptySpan();
  const outer = reader.enter();
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        span.traceId = reader.hex();
        break;
      case 2:
        span.spanId = reader.hex();
        break;
      case 3:
        span.traceState = reader.text(bounds.nameLength);
        break;
      case 4:
        span.parentSpanId = reader.hex();
        break;
      case 5:
        span.name = reader.text(bounds.nameLength);
        break;
      case 6:
        span.kind = reader.varint();
        break;
      case 7:
        span.start = reader.instant();
        break;
      case 8:
        span.end = reader.instant();
        break;
      case 9:
        readAttribute(reader, span.attributes);
        break;
      case 10:
        span.droppedAttributes = reader.varint();
        break;
      case 11:
        if (span.events.length < bounds.events) span.events.push(readEvent(reader));
        else {
          span.droppedEvents += 1;
          reader.skipField();
        }
        break;
      case 12:
        span.droppedEvents += reader.varint();
        break;
      case 13:
        if (span.links.length < bounds.events) span.links.push(readLink(reader));
        else {
          span.droppedLinks += 1;
          reader.skipField();
        }
        break;
      case 14:
        span.droppedLinks += reader.varint();
        break;
      case 15:
        readStatus(reader, span);
        break;
      case 16:
        span.flags = reader.fixed32();
        break;
      default:
        reader.skipField();
    }
  }
  reader.leave(outer);
  return span;
}

/** Reads an `ExportTraceServiceRequest`. @throws {RangeError} for bytes that are none */
export function readTraces(bytes: Uint8Array): Decoded<SpanData> {
  const check = new SpanCheck();
  const groups = readGroups(new ProtobufReader(bytes), (reader) => check.accept(readSpan(reader)));
  return { groups, ...check.refusals };
}
