import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { project } from '../packaging/installation.ts';
import { manifest } from '../packaging/loading.ts';
import { freePort } from '../support/free-port.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { listFiles, readSnippets } from './snippets.ts';

const timeout = 120_000;

const pages = [
  'docs/guide/logs.md',
  'docs/guide/metrics.md',
  'docs/guide/exit.md',
  'docs/guide/collector-away.md',
  'packages/otel/README.md',
];

for (const page of pages) {
  suite(page, async () => {
    const snippets = await readSnippets(page);
    for (const [index, { heading, language, text }] of snippets.entries()) {
      // test/zero-code runs the snippets that import other packages.
      if (language !== 'js' || text.includes("from 'pino'")) continue;
      test(
        `${heading}, snippet ${index + 1}: runs and prints the documented output`,
        { timeout },
        async (t) => {
          await using sink = await OtlpSink.start();
          const port = await freePort();
          const folder = await project(t, {
            'package.json': manifest('mjs'),
            'app.js': text.replaceAll('9464', String(port)),
          });
          const preload = text.includes('start(') ? [] : ['--import', '@sonde/otel/register'];
          await using program = new Program(process.execPath, [...preload, 'app.js'], {
            cwd: folder,
            env: { NODE_OPTIONS: undefined, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
          });
          assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
          assert.doesNotMatch(program.stderr, /not exported|\[SONDE_/);
          const next = snippets[index + 1];
          if (next?.language === 'text') assert.ok(program.output.includes(next.text), program.output);
          assert.ok(sink.requests.length > 0, 'telemetry arrived');
        },
      );
    }
  });
}

test('the first five minutes and README create the same files', async () => {
  const five = listFiles(await readSnippets('docs/guide/first-five-minutes.md'), 'Create two files');
  assert.deepEqual(five, listFiles(await readSnippets('README.md'), 'A new service'));
});
