import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { OtlpSink } from '../support/otlp-sink.ts';
import { application } from './support/applications.ts';
import { nodeUnderTest, versionsUnderTest } from './support/node-under-test.ts';
import { runApplication } from './support/run-application.ts';
import { source } from './support/source.ts';

const timeout = 120_000;
const express = '@opentelemetry/instrumentation-express';

/** An Express service that is asked once; with `annotations` where a program has types. */
const body = (annotation: string): string => `
  const app = express();
  app.get('/users/:id', (request, response) => response.json({ id: request.params.id }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port${annotation} = server.address().port;
  console.log(await (await fetch('http://127.0.0.1:' + port + '/users/7')).text());
  server.close();`;

const uses = { express: 'express', 'node:events': '{ once }' };

const programs: Readonly<Record<string, string>> = {
  'app.cjs': source('cjs', uses, body('')),
  'app.mjs': source('mjs', uses, body('')),
  'app.cts': source('cjs', uses, body(': number')),
  'app.mts': source('mjs', uses, body(': number')),
};

const instrument = {
  'instrument.cjs': `require('@sonde/otel').start({ serviceName: 'shop' });`,
  'instrument.mjs': `import { start } from '@sonde/otel';\nstart({ serviceName: 'shop' });`,
};

/** Ways to preload Sonde: arguments and environment variables. */
const ways: Readonly<Record<string, { flags?: string[]; env?: Record<string, string> }>> = {
  '--require ./instrument.cjs': { flags: ['--require', './instrument.cjs'] },
  '--import ./instrument.mjs': { flags: ['--import', './instrument.mjs'] },
  'NODE_OPTIONS=--require ./instrument.cjs': { env: { NODE_OPTIONS: '--require ./instrument.cjs' } },
  '--require @sonde/otel/register': {
    flags: ['--require', '@sonde/otel/register'],
    env: { OTEL_SERVICE_NAME: 'shop' },
  },
  '--import @sonde/otel/register': {
    flags: ['--import', '@sonde/otel/register'],
    env: { OTEL_SERVICE_NAME: 'shop' },
  },
};

/** Programs per preload: TypeScript if this Node.js version runs it without a flag. */
const programsFor = (version: string, flags: readonly string[]): string[] => {
  const withTypes = !version.startsWith('22.15.') && flags.some((flag) => flag.startsWith('./instrument'));
  return Object.keys(programs).filter((name) => withTypes || name.endsWith('js'));
};

for (const version of versionsUnderTest) {
  suite(`the same telemetry on Node ${version}`, { timeout: 5 * timeout }, () => {
    for (const [way, { flags = [], env = {} }] of Object.entries(ways)) {
      test(`with ${way}`, { timeout }, async (t) => {
        const node = await nodeUnderTest(t, version);
        if (node === undefined) return;
        const cwd = await application(t, [express, 'express'], { ...programs, ...instrument });
        for (const name of programsFor(version, flags)) {
          await using sink = await OtlpSink.start();
          const child = await runApplication(node, [...flags, name], { cwd, sink, env });
          assert.equal(child.stdout, '{"id":"7"}\n', name);
          const spans = sink.spans.map((span) => `${span.scope.split('instrumentation-')[1]} ${span.name}`);
          const expected = ['express request handler', 'http GET /users/:id', 'undici GET'];
          assert.deepEqual(spans.toSorted(), expected, `${name}\n${child.output}`);
          assert.equal(new Set(sink.spans.map(({ traceId }) => traceId)).size, 1, name);
          assert.deepEqual(
            [...new Set(sink.spans.map(({ resource }) => resource['service.name']))],
            ['shop'],
          );
          const metrics = new Set(sink.metrics.map((metric) => metric.name));
          for (const metric of ['http.server.request.duration', 'http.client.request.duration']) {
            assert.ok(metrics.has(metric), `${name}: ${[...metrics].join(', ')}`);
          }
          assert.match(
            child.stderr,
            /^sonde 0\.1\.0 shop · [^\n]*\n(\([^\n]*\n|[^\n]*Warning: [^\n]*\n)*$/,
            name,
          );
        }
      });
    }
  });
}
