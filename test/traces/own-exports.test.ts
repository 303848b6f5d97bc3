import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';

const timeout = 60_000;

const instrument = `
  import { start } from '@sonde/otel';
  import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
  globalThis.exporter = new InMemorySpanExporter();
  globalThis.sonde = start({
    traces: { spanProcessors: [new SimpleSpanProcessor({ exporter })] },
    logs: { console: false },
    metrics: { intervalMs: 50 },
  });`;

const app = `
  import { createServer } from 'node:http';
  import { counter, getLogger, span } from '@sonde/otel';
  const server = createServer((_request, response) => response.end('x')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  for (let round = 0; round < 3; round++) {
    await span('round', async () => {
      getLogger('app').info('round');
      counter('rounds').add(1);
      await (await fetch('http://127.0.0.1:' + server.address().port)).text();
      // A flush in the middle of a span, as a full batch may start one.
      await sonde.flush();
    });
  }
  server.close();
  await sonde.flush();
  console.log(JSON.stringify(exporter.getFinishedSpans().map(({ name }) => name).sort()));`;

test(
  'own exports are neither traced nor measured, with the instrumentations of HTTP and fetch on',
  { timeout },
  async (t) => {
    await using sink = await OtlpSink.start();
    const files = { 'instrument.mjs': instrument, 'app.mjs': app };
    await using program = await sourceProgram(t, files, { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
    const names = ['GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'round', 'round', 'round'];
    assert.deepEqual(JSON.parse(program.stdout), names, 'the requests of the application, at both ends');
    assert.deepEqual(sink.spans.map(({ name }) => name).toSorted(), names);
    assert.ok(sink.logs.length === 3 && sink.metrics.length > 0, 'it did export');
    const measured = sink.metrics.filter(({ name }) => name === 'http.client.request.duration');
    assert.ok(measured.length > 0, 'the requests of the application');
    const port = Number(new URL(sink.url).port);
    assert.ok(!JSON.stringify(measured.map(({ raw }) => raw)).includes(String(port)), 'and not the exports');
  },
);
