import { AttributeList } from './attribute-list.ts';
import { bounds } from './bounds.ts';
import { isSpanId, isTraceId } from './ids.ts';
import { type Decoded, type LogData, noTime } from './model.ts';
import { readGroups } from './protobuf-groups.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { readAttribute, readValue } from './protobuf-values.ts';

/** A log record without values. */
function emptyLog(): LogData {
  return {
    time: noTime,
    observed: noTime,
    severityNumber: 0,
    severityText: '',
    body: null,
    exactBody: undefined,
    attributes: new AttributeList(),
    droppedAttributes: 0,
    flags: 0,
    traceId: '',
    spanId: '',
    event: '',
  };
}

/** Ids that are none are dropped: the record itself is worth keeping. */
export function dropInvalidIds(log: LogData): LogData {
  if (!isTraceId(log.traceId)) log.traceId = '';
  if (log.traceId === '' || !isSpanId(log.spanId)) log.spanId = '';
  return log;
}

function readLog(reader: ProtobufReader): LogData {
  const log = emptyLog();
  const outer = reader.enter();
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        log.time = reader.instant();
        break;
      case 2:
        log.severityNumber = reader.varint();
        break;
      case 3:
        log.severityText = reader.text(bounds.nameLength);
        break;
      case 5: {
        const { plain, exact } = readValue(reader);
        log.body = plain;
        log.exactBody = exact;
        break;
      }
      case 6:
        readAttribute(reader, log.attributes);
        break;
      case 7:
        log.droppedAttributes = reader.varint();
        break;
      case 8:
        log.flags = reader.fixed32();
        break;
      case 9:
        log.traceId = reader.hex();
        break;
      case 10:
        log.spanId = reader.hex();
        break;
      case 11:
        log.observed = reader.instant();
        break;
      case 12:
        log.event = reader.text(bounds.nameLength);
        break;
      default:
        reader.skipField();
    }
  }
  reader.leave(outer);
  return dropInvalidIds(log);
}

/** Reads an `ExportLogsServiceRequest`. @throws {RangeError} for bytes that are none */
export function readLogs(bytes: Uint8Array): Decoded<LogData> {
  return { groups: readGroups(new ProtobufReader(bytes), readLog), rejected: 0, reason: '' };
}
