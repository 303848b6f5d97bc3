import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { sourceProgram } from '../support/source-program.ts';

const instrument = `
  import { start } from '@sonde/otel';
  start({ serviceName: 'quiet' });
`;

for (const engine of ['standard', 'lean']) {
  test(`OpenTelemetry logs no error when ${engine} starts and ends`, { timeout: 30_000 }, async (t) => {
    await using sink = await OtlpSink.start();
    const env = { OTEL_LOG_LEVEL: 'error', OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, SONDE_ENGINE: engine };
    const files = { 'instrument.mjs': instrument, 'app.mjs': `console.log('done')` };
    await using program = await sourceProgram(t, files, env);
    await program.ended;
    assert.equal(program.stdout, 'done\n');
    assert.match(program.stderr, /^sonde \S+ quiet · .*\n$/);
  });
}
