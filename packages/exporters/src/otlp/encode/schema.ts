/** The representation of a field in OTLP/JSON. */
export type FieldKind =
  | 'base64'
  | 'bool'
  | 'double'
  | 'fixed32'
  | 'fixed64'
  | 'hex'
  | 'int64'
  | 'sfixed64'
  | 'sint32'
  | 'string'
  | 'uint32'
  | 'uint64'
  | Schema;

/** A field of a message. */
interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly isRepeated: boolean;
}

/** The fields of a message by field number. */
export interface Schema {
  readonly fields: ReadonlyMap<number, Field>;
}

/** A field as `[number, name, kind]`; the kind of a repeated field is in brackets. */
type Row = readonly [number: number, name: string, kind: FieldKind | readonly [FieldKind]];

function message(rows: readonly Row[]): Schema {
  const fields = rows.map(([number, name, kind]): [number, Field] => {
    const isRepeated = Array.isArray(kind);
    return [number, { name, kind: (isRepeated ? kind[0] : kind) as FieldKind, isRepeated }];
  });
  return { fields: new Map(fields) };
}

const anyFields = new Map<number, Field>();
const anyValue: Schema = { fields: anyFields };
const keyValue = message([
  [1, 'key', 'string'],
  [2, 'value', anyValue],
]);
const anyRows: readonly Row[] = [
  [1, 'stringValue', 'string'],
  [2, 'boolValue', 'bool'],
  [3, 'intValue', 'int64'],
  [4, 'doubleValue', 'double'],
  [5, 'arrayValue', message([[1, 'values', [anyValue]]])],
  [6, 'kvlistValue', message([[1, 'values', [keyValue]]])],
  [7, 'bytesValue', 'base64'],
];
// `AnyValue` is recursive.
for (const [number, field] of message(anyRows).fields) anyFields.set(number, field);

const resource = message([[1, 'attributes', [keyValue]]]);
const scope = message([
  [1, 'name', 'string'],
  [2, 'version', 'string'],
  [3, 'attributes', [keyValue]],
  [4, 'droppedAttributesCount', 'uint32'],
]);

/** A request: items grouped by scope, scopes grouped by resource. */
function request(signal: 'Spans' | 'Logs' | 'Metrics', items: string, item: Schema): Schema {
  const scoped = message([
    [1, 'scope', scope],
    [2, items, [item]],
    [3, 'schemaUrl', 'string'],
  ]);
  const group = message([
    [1, 'resource', resource],
    [2, `scope${signal}`, [scoped]],
    [3, 'schemaUrl', 'string'],
  ]);
  return message([[1, `resource${signal}`, [group]]]);
}

const event = message([
  [1, 'timeUnixNano', 'fixed64'],
  [2, 'name', 'string'],
  [3, 'attributes', [keyValue]],
  [4, 'droppedAttributesCount', 'uint32'],
]);
const link = message([
  [1, 'traceId', 'hex'],
  [2, 'spanId', 'hex'],
  [3, 'traceState', 'string'],
  [4, 'attributes', [keyValue]],
  [5, 'droppedAttributesCount', 'uint32'],
  [6, 'flags', 'fixed32'],
]);
const status = message([
  [2, 'message', 'string'],
  [3, 'code', 'uint32'],
]);
const span = message([
  [1, 'traceId', 'hex'],
  [2, 'spanId', 'hex'],
  [3, 'traceState', 'string'],
  [4, 'parentSpanId', 'hex'],
  [5, 'name', 'string'],
  [6, 'kind', 'uint32'],
  [7, 'startTimeUnixNano', 'fixed64'],
  [8, 'endTimeUnixNano', 'fixed64'],
  [9, 'attributes', [keyValue]],
  [10, 'droppedAttributesCount', 'uint32'],
  [11, 'events', [event]],
  [12, 'droppedEventsCount', 'uint32'],
  [13, 'links', [link]],
  [14, 'droppedLinksCount', 'uint32'],
  [15, 'status', status],
  [16, 'flags', 'fixed32'],
]);

const logRecord = message([
  [1, 'timeUnixNano', 'fixed64'],
  [2, 'severityNumber', 'uint32'],
  [3, 'severityText', 'string'],
  [5, 'body', anyValue],
  [6, 'attributes', [keyValue]],
  [7, 'droppedAttributesCount', 'uint32'],
  [8, 'flags', 'fixed32'],
  [9, 'traceId', 'hex'],
  [10, 'spanId', 'hex'],
  [11, 'observedTimeUnixNano', 'fixed64'],
  [12, 'eventName', 'string'],
]);

const exemplar = message([
  [2, 'timeUnixNano', 'fixed64'],
  [3, 'asDouble', 'double'],
  [4, 'spanId', 'hex'],
  [5, 'traceId', 'hex'],
  [6, 'asInt', 'sfixed64'],
]);
const times: readonly Row[] = [
  [2, 'startTimeUnixNano', 'fixed64'],
  [3, 'timeUnixNano', 'fixed64'],
];
const numberPoint = message([
  ...times,
  [4, 'asDouble', 'double'],
  [5, 'exemplars', [exemplar]],
  [6, 'asInt', 'sfixed64'],
  [7, 'attributes', [keyValue]],
]);
const histogramPoint = message([
  ...times,
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double'],
  [6, 'bucketCounts', ['fixed64']],
  [7, 'explicitBounds', ['double']],
  [8, 'exemplars', [exemplar]],
  [9, 'attributes', [keyValue]],
  [11, 'min', 'double'],
  [12, 'max', 'double'],
]);
const buckets = message([
  [1, 'offset', 'sint32'],
  [2, 'bucketCounts', ['uint64']],
]);
const exponentialPoint = message([
  [1, 'attributes', [keyValue]],
  ...times,
  [4, 'count', 'fixed64'],
  [5, 'sum', 'double'],
  [6, 'scale', 'sint32'],
  [7, 'zeroCount', 'fixed64'],
  [8, 'positive', buckets],
  [9, 'negative', buckets],
  [11, 'exemplars', [exemplar]],
  [12, 'min', 'double'],
  [13, 'max', 'double'],
]);
const data = (point: Schema): Schema =>
  message([
    [1, 'dataPoints', [point]],
    [2, 'aggregationTemporality', 'uint32'],
    [3, 'isMonotonic', 'bool'],
  ]);
const metric = message([
  [1, 'name', 'string'],
  [2, 'description', 'string'],
  [3, 'unit', 'string'],
  [5, 'gauge', data(numberPoint)],
  [7, 'sum', data(numberPoint)],
  [9, 'histogram', data(histogramPoint)],
  [10, 'exponentialHistogram', data(exponentialPoint)],
]);

/** The request schemas of the three signals, limited to the fields that the encoder writes. */
export const requests: Readonly<Record<'traces' | 'logs' | 'metrics', Schema>> = {
  traces: request('Spans', 'spans', span),
  logs: request('Logs', 'logRecords', logRecord),
  metrics: request('Metrics', 'metrics', metric),
};
