import assert from 'node:assert/strict';
import { delimiter, dirname } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { listFiles, readSnippets } from '../docs/snippets.ts';
import { freePort } from '../support/free-port.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { application } from './support/applications.ts';
import { nodeUnderTest } from './support/node-under-test.ts';

const timeout = 120_000;

const routed = ['GET /users/:id /users/7', 'GET /status'];
const express = '@opentelemetry/instrumentation-express';

/** Sections with commands: installed packages and, per command, the expected spans and scopes. */
const sections: readonly {
  readonly heading: string;
  readonly installed?: readonly string[];
  readonly expected: readonly (readonly [spans: string[], scopes: string[]])[];
}[] = [
  {
    heading: 'Without code changes',
    expected: [
      [routed, ['http']],
      [routed, ['http']],
      [routed, ['http']],
    ],
  },
  { heading: 'With an instrumentation file', expected: [[routed, ['http']]] },
  {
    heading: 'Instrument Express and other libraries',
    installed: [express],
    expected: [
      [routed, ['express', 'http']],
      [routed, ['express', 'http']],
      [routed, ['express', 'http']],
      [routed, ['express', 'http']],
    ],
  },
  { heading: 'Health checks', expected: [[['GET /healthz /healthz', 'GET /users/:id /users/7'], ['http']]] },
];

const snippets = await readSnippets('docs/guide/existing-service.md');
const app = listFiles(snippets, 'Instrument an existing service');

/** Commands of a section that start the service, together with preceding `export` lines. */
const listCommands = (heading: string): string[] =>
  snippets
    .filter((snippet) => snippet.heading === heading && snippet.language === 'sh')
    .flatMap(({ text }) => {
      const lines = text.split('\n').filter((line) => line !== '' && !/^(npm install|curl) /.test(line));
      return lines[0]?.startsWith('export ') ? [lines.join('\n')] : lines;
    });

/** Result of a command. */
interface Outcome {
  readonly sink: OtlpSink;
  readonly program: Program;
  /** Body of the last scrape; empty without a Prometheus endpoint. */
  readonly page: string;
}

/** Runs a documented command in a shell, sends requests to the service, and stops it. */
async function follow(
  t: TestContext,
  command: string,
  installed: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<Outcome | undefined> {
  const node = await nodeUnderTest(t, process.versions.node);
  if (node === undefined) return undefined;
  const sink = await OtlpSink.start();
  t.after(() => sink[Symbol.asyncDispose]());
  const [port, pagePort] = [await freePort(), await freePort()];
  const here = (text: string): string =>
    text.replaceAll('http://collector:4318', sink.url).replaceAll('9464', String(pagePort));

  const manifest = JSON.parse(app['package.json'] ?? '') as { dependencies: object };
  const dependencies = {
    ...manifest.dependencies,
    ...Object.fromEntries(installed.map((name) => [name, '*'])),
  };
  const cwd = await application(t, [], {
    ...Object.fromEntries(Object.entries({ ...app, ...files }).map(([name, text]) => [name, here(text)])),
    'package.json': JSON.stringify({ ...manifest, dependencies, scripts: { start: 'node app.js' } }),
  });
  const program = new Program('sh', ['-c', here(command)], {
    cwd,
    env: {
      NODE_OPTIONS: undefined,
      PATH: `${dirname(node)}${delimiter}${process.env['PATH']}`,
      PORT: String(port),
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    },
  });
  t.after(() => program[Symbol.asyncDispose]());
  await program.printed('listening');
  await program.printed('sonde 0.1.0 shop ·');
  for (const path of ['/healthz', '/users/7', '/status']) {
    await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  }
  const hasPage = 'instrument.js' in files;
  const page = hasPage ? await (await fetch(`http://localhost:${pagePort}/metrics`)).text() : '';
  // The service is a child of the shell or npm: signal the whole group.
  process.kill(-program.pid, 'SIGTERM');
  await program.ended;
  return { sink, program, page };
}

/** Names and paths of the received server spans. */
const served = ({ sink }: Outcome): string[] =>
  sink.spans
    .filter(({ raw }) => raw['kind'] === 2)
    .map(({ attributes, name }) => `${name} ${String(attributes['url.path'])}`);

/** Short names of the instrumentation scopes. */
const scopes = ({ sink }: Outcome): string[] =>
  [...new Set(sink.spans.map(({ scope }) => scope.slice(scope.indexOf('-') + 1)))].toSorted();

suite('guide: existing service', { timeout: 4 * timeout }, () => {
  test('every command of the guide is tested', () => {
    const tried = new Set(
      sections.flatMap(({ heading }) => listCommands(heading)).flatMap((command) => command.split('\n')),
    );
    const all = snippets
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.split('\n'))
      .filter((line) => line !== '' && !line.startsWith('npm install '));
    assert.deepEqual(
      all.filter((line) => !tried.has(line)),
      ['curl localhost:9464/metrics'],
    );
  });

  for (const { heading, installed = [], expected } of sections) {
    const files = listFiles(snippets, heading);
    for (const [index, command] of listCommands(heading).entries()) {
      test(`${heading}: ${command.replaceAll('\n', '; ')}`, { timeout }, async (t) => {
        const outcome = await follow(t, command, installed, files);
        if (outcome === undefined) return;
        const [spans, from] = expected[index] ?? [[], []];
        assert.deepEqual(served(outcome), spans, outcome.program.output);
        assert.deepEqual(scopes(outcome), from, outcome.program.output);
        assert.ok(outcome.sink.spans.every(({ resource }) => resource['service.name'] === 'shop'));
        if ('instrument.js' in files)
          assert.match(outcome.page, /^http_server_request_duration_seconds_count/m);
      });
    }
  }
});
