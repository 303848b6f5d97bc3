import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type * as nodeHttp from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { SpanKind } from '@opentelemetry/api';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const instrumentation = new HttpInstrumentation();
instrumentation.setTracerProvider(provider);
const http = createRequire(import.meta.url)('http') as typeof nodeHttp;
after(() => instrumentation.disable());

async function spansOfOneRequest(ownEmit: boolean): Promise<SpanKind[]> {
  exporter.reset();
  const server = http.createServer((_request, response) => response.end());
  if (ownEmit) Object.assign(server, { emit: EventEmitter.prototype.emit.bind(server) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [response] = (await once(http.get({ port: (server.address() as AddressInfo).port }), 'response')) as [
    NodeJS.ReadableStream,
  ];
  response.resume();
  await once(response, 'end');
  server.close();
  await once(server, 'close');
  return exporter.getFinishedSpans().map(({ kind }) => kind);
}

test('upstream instrumentation traces a server unless it has its own `emit`', async () => {
  assert.deepEqual((await spansOfOneRequest(false)).includes(SpanKind.SERVER), true);
  assert.deepEqual((await spansOfOneRequest(true)).includes(SpanKind.SERVER), false);
});
