import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from './support/free-port.ts';
import { OtlpSink } from './support/otlp-sink.ts';
import { packageFlags, Program } from './support/program.ts';

const cwd = join(import.meta.dirname, '..', 'examples', 'existing');

for (const framework of ['Express', 'Fastify', 'Hono']) {
  test(`${framework}, unmodified: a request creates a span and a duration`, { timeout: 60_000 }, async () => {
    await using sink = await OtlpSink.start();
    const [port, metricsPort] = [await freePort(), await freePort()];
    const env = {
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    };
    const args = [...packageFlags, '--require', './instrument.js', `${framework.toLowerCase()}/app.js`];
    await using program = new Program(process.execPath, args, { cwd, env });
    await program.printed(`${framework} listens`);

    const answer = await fetch(`http://127.0.0.1:${port}/users/42`);
    assert.deepEqual(await answer.json(), { id: '42' });
    const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    assert.match(page, /^http_server_request_duration_seconds_count\{[^}]*\} 1$/m);

    program.kill('SIGTERM');
    await program.ended;
    const spans = sink.spans.filter(({ attributes }) => attributes['url.path'] === '/users/42');
    assert.equal(spans.length, 1, program.output);
    assert.equal(spans[0]?.resource['service.name'], 'existing');
    assert.equal(spans[0].attributes['http.response.status_code'], 200);
  });
}
