import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

import { serve } from '../testing/served-exporter.ts';

test('contract: HTTP instrumentation creates spans for other servers, but not for scrapes', async () => {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  const instrumentation = new HttpInstrumentation();
  instrumentation.enable();
  createRequire(import.meta.url)('http');

  await using served = await serve();
  assert.equal((await fetch(served.url)).status, 200);
  assert.equal(exporter.getFinishedSpans().length, 0);

  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  await fetch(`http://127.0.0.1:${address.port}/`);
  server.close();
  await once(server, 'close');
  assert.deepEqual(
    exporter.getFinishedSpans().map(({ name }) => name),
    ['GET'],
  );
  instrumentation.disable();
});
