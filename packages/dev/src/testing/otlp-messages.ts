/** Attributes in OTLP's JSON. */
export function keyValues(attributes: Readonly<Record<string, string | number | boolean>>): object[] {
  return Object.entries(attributes).map(([key, value]) => {
    if (typeof value === 'string') return { key, value: { stringValue: value } };
    if (typeof value === 'boolean') return { key, value: { boolValue: value } };
    return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
  });
}

/** Sender and time of a message. */
export interface Sender {
  readonly service?: string;
  readonly instance?: string;
  readonly logger?: string;
  /** Unix milliseconds that times are counted from. */
  readonly base?: number;
}

/** A span, as short as a test wants to write it. Times are milliseconds after `base`. */
export interface TestSpan {
  readonly trace: number;
  readonly span: number;
  readonly parent?: number;
  readonly name?: string;
  readonly kind?: number;
  readonly start?: number;
  readonly end?: number;
  readonly error?: boolean;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly events?: readonly object[];
  readonly links?: readonly object[];
}

export const toTraceId = (trace: number): string => trace.toString(16).padStart(32, '0');
export const toSpanId = (span: number): string => span.toString(16).padStart(16, '0');

function nanoseconds(milliseconds: number): string {
  return String(BigInt(Math.round(milliseconds * 1000)) * 1000n);
}

function toResource(service: string, instance: string): object {
  return {
    attributes: keyValues({ 'service.name': service, 'service.instance.id': instance, 'host.name': 'test' }),
  };
}

/** An `ExportTraceServiceRequest` in JSON. */
export function createTraces(
  spans: readonly TestSpan[],
  { service = 'shop', instance = 'one', base = Date.now() - 1000 }: Sender = {},
): object {
  const items = spans.map(
    ({ trace, span, parent, name, kind, start, end, error, attributes, events, links }) => ({
      traceId: toTraceId(trace),
      spanId: toSpanId(span),
      ...(parent !== undefined && { parentSpanId: toSpanId(parent) }),
      name: name ?? `span ${span}`,
      kind: kind ?? 1,
      startTimeUnixNano: nanoseconds(base + (start ?? 0)),
      endTimeUnixNano: nanoseconds(base + (end ?? 10)),
      attributes: keyValues(attributes ?? {}),
      ...(events !== undefined && { events }),
      ...(links !== undefined && { links }),
      status: error === true ? { code: 2, message: 'failed' } : {},
    }),
  );
  return {
    resourceSpans: [
      {
        resource: toResource(service, instance),
        scopeSpans: [{ scope: { name: 'test', version: '1.0' }, spans: items }],
      },
    ],
  };
}

/** A log record, as short as a test wants to write it. */
export interface TestLog {
  readonly body: string | object;
  readonly severity?: number;
  readonly trace?: number;
  readonly span?: number;
  readonly event?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** An `ExportLogsServiceRequest` in JSON. */
export function createLogs(
  logs: readonly TestLog[],
  { service = 'shop', instance = 'one', logger = 'test', base = Date.now() - 1000 }: Sender = {},
): object {
  const items = logs.map(({ body, severity, trace, span, event, attributes }, index) => ({
    timeUnixNano: nanoseconds(base + index),
    observedTimeUnixNano: nanoseconds(base + index),
    severityNumber: severity ?? 9,
    body: typeof body === 'string' ? { stringValue: body } : body,
    attributes: keyValues(attributes ?? {}),
    ...(trace !== undefined && { traceId: toTraceId(trace) }),
    ...(span !== undefined && { spanId: toSpanId(span) }),
    ...(event !== undefined && { eventName: event }),
  }));
  return {
    resourceLogs: [
      {
        resource: toResource(service, instance),
        scopeLogs: [{ scope: { name: logger }, logRecords: items }],
      },
    ],
  };
}

/** An `ExportMetricsServiceRequest` in JSON, with metrics as OTLP writes them. */
export function createMetrics(
  metrics: readonly object[],
  { service = 'shop', instance = 'one' }: Sender = {},
): object {
  return {
    resourceMetrics: [
      { resource: toResource(service, instance), scopeMetrics: [{ scope: { name: 'test' }, metrics }] },
    ],
  };
}

/** The attributes of an exception that was thrown at a place. */
export function exceptionAttributes(
  type: string,
  message: string,
  frames: readonly string[],
): Record<string, string> {
  const stack = [`${type}: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return { 'exception.type': type, 'exception.message': message, 'exception.stacktrace': stack };
}
