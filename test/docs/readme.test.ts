import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { SondeConfigError, type SondeOptions, start } from '@sonde/otel';
import { project } from '../packaging/installation.ts';
import { manifest } from '../packaging/loading.ts';
import { freePort } from '../support/free-port.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { Program } from '../support/program.ts';
import { DevViewer, fetchOnceListening } from './dev-viewer.ts';
import { readCommand, listFiles, listLines, readSnippets } from './snippets.ts';

const timeout = 120_000;
const root = join(import.meta.dirname, '..', '..');
const snippets = await readSnippets('README.md');
const environment = { NODE_OPTIONS: undefined };

/** Replaces the documented ports in the files of a section. */
function withPorts(files: Record<string, string>, ports: Record<string, number>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      name,
      Object.entries(ports).reduce((result, [from, to]) => result.replaceAll(from, String(to)), text),
    ]),
  );
}

test('npm start: the commands of the first screen make each signal appear', { timeout }, async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [, args] = / exec sonde (dev -- .*)$/.exec(scripts['start'] ?? '') ?? [];
  assert.ok(args, scripts['start']);
  const [port, metricsPort] = [await freePort(), await freePort()];
  await using viewer = DevViewer.start(args, {
    cwd: join(root, 'examples/hello'),
    env: { PORT: String(port), METRICS_PORT: String(metricsPort) },
  });
  await viewer.opened();
  assert.match(viewer.program.output.trimEnd().split('\n').at(-1) ?? '', /^open http:\/\/localhost:\d+\/$/);

  assert.doesNotMatch(viewer.program.output, /SONDE_/, 'no notice on a first start');

  const commands = listLines(snippets, 'Sonde', 'curl ').map((line) => line.split(/\s+/)[1] ?? '');
  assert.deepEqual(commands, ['localhost:8000/users/42', 'localhost:8000/fail', 'localhost:9464/metrics']);
  for (const address of commands) {
    const url = address.replace('8000', String(port)).replace('9464', String(metricsPort));
    await (await fetchOnceListening(`http://${url}`)).text();
  }
  const trace = await viewer.until('requests?q=route=/users/:id', ({ items }) => items[0]?.traceId);
  await viewer.until('logs?q="Looking up a user"', ({ items }) => items[0]?.traceId === trace);
  await viewer.until('errors', ({ items }) => items[0]?.message === 'Something is broken');
  for (const name of ['http.requests', 'http.server.request.duration']) {
    await viewer.until('metrics', ({ items }) => items.some((item) => item.name === name));
  }
});

test('a new service: the two files produce the documented output', { timeout }, async (t) => {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const files = listFiles(snippets, 'A new service');
  assert.deepEqual(Object.keys(files), ['instrument.js', 'app.js']);
  const folder = await project(t, {
    ...withPorts(files, { 8000: port, 9464: metricsPort }),
    'package.json': manifest('mjs'),
  });
  const [command = '', ...args] = readCommand(snippets, 'A new service', 'node ').split(' ');
  assert.equal(command, 'node');
  await using program = new Program(process.execPath, args, { cwd: folder, env: environment });
  await program.printed('sonde 0.1.0 hello ·');
  assert.deepEqual(await (await fetch(`http://localhost:${port}/`)).json(), { message: 'Hello, World!' });
  await program.printed('- INFO - This is an info message');
  const page = await (await fetch(`http://localhost:${metricsPort}/metrics`)).text();
  assert.match(page, /^http_requests_total(\{[^}]*\})? 1$/m);
});

test('an existing service: exports telemetry without code changes', { timeout }, async (t) => {
  await using sink = await OtlpSink.start();
  const folder = await project(t, {
    'app.js': `const server = require('http').createServer((_request, response) => response.end('shop'));
      server.listen(0, '127.0.0.1', async () => {
        await fetch('http://127.0.0.1:' + server.address().port);
        server.close();
      });`,
  });
  const words = readCommand(snippets, 'An existing service', 'node ').split(' ');
  const at = words.indexOf('node');
  const variables = Object.fromEntries(words.slice(0, at).map((word) => word.split('=')));
  assert.deepEqual(Object.keys(variables), ['OTEL_SERVICE_NAME', 'OTEL_EXPORTER_OTLP_ENDPOINT']);
  await using program = new Program(process.execPath, words.slice(at + 1), {
    cwd: folder,
    env: { ...environment, ...variables, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
  });
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.ok(sink.spans.some(({ resource }) => resource['service.name'] === 'shop'));
});

const individualPackages = '3. Individual packages';

/** Returns the snippet of the last section that uses a package, with another port. */
async function readSnippet(name: string, port: number): Promise<Record<string, string>> {
  const snippet = snippets.find(
    ({ heading, language, text }) =>
      heading === individualPackages && language === 'js' && text.includes(name),
  );
  assert.ok(snippet !== undefined, name);
  assert.ok(readCommand(snippets, individualPackages, `npm install ${name}`));
  return withPorts({ 'app.mjs': snippet.text }, { 8000: port, 9464: port });
}

test('the router package: the snippet runs without an SDK', { timeout }, async (t) => {
  const port = await freePort();
  const folder = await project(t, {
    ...(await readSnippet('@sonde/router', port)),
    'ask.mjs': `await import('./app.mjs');
      for (;;) {
        const answer = await fetch('http://localhost:${port}/users/42').catch(() => undefined);
        if (answer === undefined) continue;
        console.log(await answer.text());
        process.exit();
      }`,
  });
  await using program = new Program(process.execPath, ['ask.mjs'], { cwd: folder, env: environment });
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
  assert.equal(program.output, '{"id":"42"}\n');
});

test('the exporters package: the snippet runs', { timeout }, async (t) => {
  const folder = await project(t, await readSnippet('@sonde/exporters', await freePort()));
  await using program = new Program(process.execPath, ['app.mjs'], { cwd: folder, env: environment });
  assert.deepEqual(await program.ended, { code: 0, signal: null }, program.output);
});

test('the full stack: docker-compose.yml publishes the documented ports', async () => {
  const section = '2. With the full stack';
  assert.equal(readCommand(snippets, section, 'docker '), 'docker compose up --build --wait');
  const compose = await readFile(join(root, 'docker-compose.yml'), 'utf8');
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const text = readme.slice(readme.indexOf(section), readme.indexOf(individualPackages));
  const ports = [...text.matchAll(/localhost:(\d+)/g)].map(([, port]) => port);
  assert.deepEqual(ports, ['8000', '3000', '9090']);
  for (const port of ports) assert.match(compose, new RegExp(`'127\\.0\\.0\\.1:\\$\\{[A-Z_]+:-${port}\\}:`));
});

test('the commands for a fresh clone are npm scripts of the repository', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  assert.ok(readCommand(snippets, 'Sonde', 'npm start'));
  assert.ok(readCommand(snippets, 'Sonde', 'npm test'));
  assert.ok(scripts['start'] && scripts['test']);
});

test('start() accepts the options of the configuration table', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const rows = readme.split('\n').filter((line) => line.startsWith('| ') && line.includes('`'));
  const table = rows.slice(rows.findIndex((line) => line.startsWith('| Use another Collector')));
  const options = table
    .flatMap((row) => (row.split('|')[2] ?? '').split('`'))
    .map((cell) => cell.trim())
    .filter((cell) => cell.includes(':'));
  assert.ok(options.length >= 6, options.join());
  for (const option of options) {
    const given = runInNewContext(`({ ${option} })`) as SondeOptions;
    assert.doesNotThrow(() => start({ ...given, disabled: true }), SondeConfigError, option);
  }
});
