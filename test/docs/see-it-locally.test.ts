import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { OtlpSink } from '../support/otlp-sink.ts';
import { DevViewer, fetchOnceListening } from './dev-viewer.ts';
import { listFiles, listLines, readSnippets } from './snippets.ts';

const root = join(import.meta.dirname, '..', '..');
const timeout = 120_000;
const snippets = await readSnippets('docs/guide/see-it-locally.md');
const files = { ...listFiles(snippets, 'See it locally'), ...listFiles(snippets, 'In CI') };

interface Project {
  readonly cwd: string;
  /** Replaces the documented port 8000. */
  readonly port: number;
}

/** A project with files of a guide, in which Sonde is installed. */
async function project(t: TestContext, sources: Readonly<Record<string, string>> = files): Promise<Project> {
  const cwd = await mkdtemp(join(tmpdir(), 'sonde-guide-'));
  t.after(() => rm(cwd, { recursive: true, force: true }));
  const [port, metricsPort] = [await freePort(), await freePort()];
  await mkdir(join(cwd, 'node_modules/@sonde'), { recursive: true });
  for (const name of ['otel', 'router']) {
    await symlink(join(root, 'packages', name), join(cwd, 'node_modules/@sonde', name));
  }
  const small = { 'a.js': `console.log('a')`, 'b.js': `console.log('b')` };
  const manifest = { 'package.json': '{ "name": "shop", "type": "module" }' };
  for (const [name, text] of Object.entries({ ...manifest, ...sources, ...small })) {
    const own = text.replaceAll('8000', String(port)).replaceAll('9464', String(metricsPort));
    await writeFile(join(cwd, name), own);
  }
  return { cwd, port };
}

/** The arguments of `sonde` in a line of the guide. */
function parseArgs(line: string): string {
  assert.ok(line.startsWith('npx sonde dev'), line);
  return line.replace('npx sonde ', '').replace(/--(?:otlp-)?port \d+ /, '');
}

test('the guide lists files and commands', () => {
  assert.deepEqual(Object.keys(files), ['app.js', 'check.js']);
  const languages = new Set(snippets.map(({ language }) => language));
  assert.deepEqual([...languages].toSorted(), ['js', 'json', 'sh'], 'each is run below');
  const commands = snippets
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'));
  const strange = commands.filter(
    (line) => line !== '' && !/^(?:npx sonde dev|npm install|curl)\b/.test(line),
  );
  assert.deepEqual(strange, []);
});

test('the program under sonde dev: the curl commands make each signal appear', { timeout }, async (t) => {
  const { cwd, port } = await project(t);
  const [line = ''] = listLines(snippets, 'See it locally', 'npx sonde');
  await using viewer = DevViewer.start(parseArgs(line), { cwd });
  const url = await viewer.opened();
  for (const command of listLines(snippets, 'See it locally', 'curl ')) {
    await (await fetchOnceListening(`http://${command.split(' ')[1]?.replace('8000', String(port))}`)).text();
  }
  const trace = await viewer.until('requests?q=route=/orders/:id', ({ items }) => items[0]?.traceId);
  await viewer.until('logs?q="reading an order"', ({ items }) => items[0]?.traceId === trace);
  await viewer.until('errors', ({ items }) => items[0]?.message === 'Something is broken');
  await viewer.until('metrics', ({ items }) => items.some(({ name }) => name === 'orders'));

  await t.test('each query of the guide is one that the viewer accepts, and finds something', async () => {
    const page = await readFile(join(root, 'docs/guide/see-it-locally.md'), 'utf8');
    const rows = [...page.matchAll(/^\| (Requests|Traces|Logs) +\| `([^`]+)` +\|/gm)];
    assert.equal(rows.length, 6);
    for (const [, view = '', query = ''] of rows) {
      const path = `${view.toLowerCase()}?q=${query}`;
      await viewer.until(path, ({ items }) => items.length > 0);
    }
  });

  await t.test('the address for coding agents answers', async () => {
    const json = snippets.find(({ language }) => language === 'json')?.text ?? '';
    const { mcpServers } = JSON.parse(json) as { mcpServers: { sonde: { type: string; url: string } } };
    assert.equal(mcpServers.sonde.type, 'http');
    const { pathname } = new URL(mcpServers.sonde.url);
    const response = await fetch(new URL(pathname, url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    });
    assert.match(await response.text(), /explain_slow/);
  });
});

test('the first five minutes: the request, its log record and its metrics appear', { timeout }, async (t) => {
  const five = await readSnippets('docs/guide/first-five-minutes.md');
  const { cwd, port } = await project(t, listFiles(five, 'Create two files'));
  const [line = ''] = listLines(five, 'See the telemetry', 'npx sonde');
  await using viewer = DevViewer.start(parseArgs(line), { cwd });
  await viewer.opened();
  await (await fetchOnceListening(`http://localhost:${port}/`)).text();
  const trace = await viewer.until('requests', ({ items }) => items[0]?.traceId);
  await viewer.until('logs?q="info message"', ({ items }) => items[0]?.traceId === trace);
  await viewer.until('metrics', ({ items }) => items.some(({ name }) => name === 'http.requests'));
});

suite('the commands of the guide', () => {
  for (const line of listLines(snippets, 'Several programs', 'npx sonde')) {
    test(line, { timeout }, async (t) => {
      const { cwd } = await project(t);
      await using viewer = DevViewer.start(parseArgs(line), { cwd });
      assert.deepEqual(await viewer.program.ended, { code: 0, signal: null });
      assert.match(viewer.program.stdout, /^a$/m);
      assert.match(viewer.program.stdout, /^b$/m);
    });
  }

  for (const line of listLines(snippets, 'Any language', 'npx sonde')) {
    test(line, { timeout }, async (t) => {
      const { cwd } = await project(t);
      await using viewer = DevViewer.start(parseArgs(line), { cwd });
      await viewer.opened();
      assert.match(viewer.program.stderr, /receives OTLP at http:\/\/localhost:\d+, gRPC on \d+/);
    });
  }

  for (const line of listLines(snippets, 'Keep a session', 'npx sonde')) {
    test(line, { timeout }, async (t) => {
      const { cwd, port } = await project(t);
      await using sink = await OtlpSink.start();
      await using viewer = DevViewer.start(parseArgs(line).replace('http://localhost:4318', sink.url), {
        cwd,
      });
      await viewer.program.printed('open http');
      await (await fetchOnceListening(`http://localhost:${port}/orders/17`)).text();
      await viewer.until('requests', ({ items }) => items[0]?.route === '/orders/:id');
      if (line.includes('--forward')) {
        await sink.until(({ spans }) => spans.find(({ name }) => name === 'GET /orders/:id'));
      }
    });
  }

  for (const line of listLines(snippets, 'In CI', 'npx sonde')) {
    test(line, { timeout }, async (t) => {
      const { cwd } = await project(t);
      await using viewer = DevViewer.start(parseArgs(line), { cwd });
      assert.deepEqual(await viewer.program.ended, { code: 0, signal: null }, viewer.program.output);
      assert.match(viewer.program.stderr, /^ok {5}route="\/orders\/:id" .* \(1 request\)$/m);
    });
  }
});
