import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';

test(
  'a declarative file decides where telemetry goes, and no instrumentation loses its metrics',
  { timeout: 30_000 },
  async (t) => {
    await using sink = await OtlpSink.start();
    const folder = await mkdtemp(join(import.meta.dirname, '.program-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const exporter = (signal: string): string => `{ otlp_http: { endpoint: '${sink.url}/v1/${signal}' } }`;
    await writeFile(
      join(folder, 'telemetry.yaml'),
      `file_format: '1.0'
resource: { attributes: [{ name: service.name, value: from-file }] }
tracer_provider: { processors: [{ batch: { exporter: ${exporter('traces')} } }] }
logger_provider: { processors: [{ batch: { exporter: ${exporter('logs')} } }] }
meter_provider: { readers: [{ periodic: { exporter: ${exporter('metrics')} } }] }
`,
    );
    await writeFile(
      join(folder, 'app.mjs'),
      `import { once } from 'node:events';
       import { createServer } from 'node:http';
       import { counter, getLogger } from '@sonde/otel';
       const server = createServer((_request, response) => {
         getLogger('app').info('asked');
         counter('app.requests').add(1);
         response.end();
       }).listen(0, '127.0.0.1');
       await once(server, 'listening');
       await fetch('http://127.0.0.1:' + server.address().port);
       server.close();`,
    );
    await using program = new Program(
      process.execPath,
      ['--conditions=@sonde/source', '--import', '@sonde/otel/register', 'app.mjs'],
      { cwd: folder, env: { OTEL_CONFIG_FILE: 'telemetry.yaml' } },
    );
    assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
    assert.match(program.stderr, /^sonde 0\.1\.0 configured by telemetry\.yaml · node/m);
    assert.deepEqual(
      sink.spans.map(({ raw }) => Number(raw['kind'])).toSorted((a, b) => a - b),
      [2, 3],
      program.output,
    );
    assert.deepEqual(
      sink.logs.map(({ name }) => name),
      ['asked'],
    );
    assert.equal(sink.spans[0]?.resource['service.name'], 'from-file');
    const names = new Set(sink.metrics.map(({ name }) => name));
    for (const name of ['app.requests', 'http.server.request.duration', 'http.client.request.duration']) {
      assert.ok(names.has(name), `${name} is not among ${[...names].join()}`);
    }
  },
);
