import { context, type Context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** Spans per trace: a request and seven queries. */
export const spansPerTrace = 8;

/**
 * Requests of OTLP over protobuf as an SDK sends them: 512 spans each, a server span with eight attributes and seven
 * client spans with six.
 */
export function encodeRequests(count: number): Uint8Array<ArrayBuffer>[] {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'bench',
      'service.instance.id': 'one',
      'host.name': 'local',
    }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('bench', '1.0.0');
  return Array.from({ length: count }, () => {
    for (let index = 0; index < 512 / spansPerTrace; index++) {
      const server = tracer.startSpan('GET /orders/:id', {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': 'GET',
          'http.route': '/orders/:id',
          'http.response.status_code': 200,
          'url.path': `/orders/${index}`,
          'url.scheme': 'http',
          'server.address': 'localhost',
          'server.port': 8000,
          'user_agent.original': 'curl/8.5.0',
        },
      });
      const parent = trace.setSpan(context.active(), server);
      for (let child = 1; child < spansPerTrace; child++) {
        const attributes = {
          'db.system.name': 'postgresql',
          'db.namespace': 'shop',
          'db.query.text': 'SELECT id, name, price FROM items WHERE order_id = $1',
          'db.operation.name': 'SELECT',
          'server.address': 'db.local',
          'server.port': 5432,
        };
        tracer.startSpan('SELECT items', { kind: SpanKind.CLIENT, attributes }, parent).end();
      }
      server.end();
    }
    const bytes = ProtobufTraceSerializer.serializeRequest(exporter.getFinishedSpans());
    exporter.reset();
    return new Uint8Array(bytes ?? []);
  });
}

const spansPerMessage = 5000;

const below = (span: Span): Context => trace.setSpan(context.active(), span);

/** One trace of so many spans, four levels deep, in requests of OTLP over protobuf. The last span is called `span N`. */
export function encodeLargeTrace(count: number): {
  readonly traceId: string;
  readonly messages: readonly Uint8Array<ArrayBuffer>[];
} {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'large', 'service.instance.id': 'one' }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('bench', '1.0.0');
  const startMs = Date.now() - 10_000;
  const root = tracer.startSpan('GET /report', { kind: SpanKind.SERVER, startTime: startMs });
  const parents: Context[] = [below(root)];
  const messages: Uint8Array<ArrayBuffer>[] = [];
  const flush = (): void => {
    messages.push(
      new Uint8Array(ProtobufTraceSerializer.serializeRequest(exporter.getFinishedSpans()) ?? []),
    );
    exporter.reset();
  };
  for (let index = 1; index < count; index++) {
    const level = 1 + (index % 4);
    const startTime = startMs + (index / count) * 9000;
    const span = tracer.startSpan(
      `span ${index}`,
      { kind: level === 4 ? SpanKind.CLIENT : SpanKind.INTERNAL, startTime, attributes: { index } },
      parents[level - 1] ?? parents[0],
    );
    parents[level] = below(span);
    span.end(startTime + 5);
    if (exporter.getFinishedSpans().length >= spansPerMessage) flush();
  }
  root.end(startMs + 9500);
  flush();
  return { traceId: root.spanContext().traceId, messages };
}
