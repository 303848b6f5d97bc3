import { context, SpanKind, trace } from '@opentelemetry/api';
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
