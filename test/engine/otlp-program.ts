import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { encodeLogs, encodeTraces, otlpJson } from '@sonde/exporters';
import { linkTo, type Setting, type World } from './world.ts';

const route = Object.freeze({ 'http.request.method': 'GET', 'http.route': '/users/:id' });
const at = (ms: number): Date => new Date(1_000_000_000_000 + ms);

/** Spans and records whose times are given, so that what is sent can be compared byte by byte. */
function sendable(world: World): void {
  const links = [linkTo(1, { a: [1, 2] }), linkTo(2)];
  const options = { kind: SpanKind.SERVER, attributes: route, links, startTime: at(0) };
  const span = world.tracer.startSpan('GET /users/:id', options, ROOT_CONTEXT);
  const active = trace.setSpan(ROOT_CONTEXT, span);
  world.tracer
    .startSpan('child', { attributes: { nested: { a: null } }, startTime: at(1) }, active)
    .end(at(2));
  span.setAttributes({ 'user.name': 'Ada', list: ['a', 'b'], bytes: new Uint8Array([1, 2]) });
  span.addEvent('cache miss', { key: 'k' }, at(3));
  span.recordException('refused', at(4));
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'refused' }).updateName('GET /users/{id}').end(at(5));
  world.logger.emit({
    body: { a: [1] },
    attributes: route,
    timestamp: at(6),
    observedTimestamp: at(7),
    context: active,
  });
  world.logger.emit({
    eventName: 'x',
    exception: { code: 7, message: 'no' },
    timestamp: at(8),
    observedTimestamp: at(8),
  });
}

const bytes = (data: Uint8Array | undefined): string => Buffer.from(data ?? []).toString('hex');

/** Compares what is sent byte by byte, by upstream's encoders and by ours. */
export function otlpProgram(start: (setting?: Setting) => World): void {
  const world = start();
  sendable(world);
  world.note('protobuf spans', bytes(ProtobufTraceSerializer.serializeRequest(world.spans)));
  world.note('json spans', bytes(JsonTraceSerializer.serializeRequest(world.spans)));
  world.note('protobuf records', bytes(ProtobufLogsSerializer.serializeRequest(world.records)));
  world.note('json records', bytes(JsonLogsSerializer.serializeRequest(world.records)));
  const [spans, records] = [encodeTraces(world.spans), encodeLogs(world.records)];
  world.note('our spans', [bytes(spans.body), bytes(otlpJson('traces', spans.body))]);
  world.note('our records', [bytes(records.body), bytes(otlpJson('logs', records.body))]);
}
