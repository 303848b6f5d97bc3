import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skipBrowser, TestBrowser } from '../testing/browser.ts';
import { SondeProgram } from '../testing/sonde-program.ts';

const packages = fileURLToPath(new URL('../../../', import.meta.url));

/** A server that logs, counts, is slow, and fails. */
const program = `
const http = require('node:http');
const { getLogger } = require('@sonde/otel');
const log = getLogger('kitchen');
const finish = [];
const server = http.createServer((request, response) => {
  if (request.url === '/slow') return void finish.push(() => response.end('done'));
  if (request.url === '/finish') finish.splice(0).forEach((end) => end());
  log.warn('Something is cooking', { 'dish.name': request.url });
  response.statusCode = request.url === '/burnt' ? 500 : 200;
  response.end('hello');
}).listen(0, '127.0.0.1', () => console.log('port ' + server.address().port + ' is ready'));
`;

test(
  'each signal of a program shows up by itself, while the page is open',
  { skip: skipBrowser },
  async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'sonde-page-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    await mkdir(join(directory, 'node_modules/@sonde'), { recursive: true });
    await symlink(join(packages, 'otel'), join(directory, 'node_modules/@sonde/otel'));
    await writeFile(join(directory, 'package.json'), '{"name":"kitchen"}');
    await writeFile(join(directory, 'app.cjs'), program);
    await using sonde = SondeProgram.start(
      ['dev', '--port', '0', '--otlp-port', '0', '--no-grpc', '--', 'node', 'app.cjs'],
      directory,
    );
    await sonde.printed('is ready');
    await sonde.printed('open http');
    const output = `${sonde.stdout}${sonde.stderr}`;
    const url = /open (http:\S+)/.exec(output)?.[1] ?? '';
    const app = `http://127.0.0.1:${/port (\d+)/.exec(output)?.[1]}`;
    await using browser = await TestBrowser.start();

    const page = await browser.open(url);
    await page.getByText('No requests yet').waitFor();
    assert.equal((await fetch(`${app}/burnt`)).status, 500);
    const request = page.getByRole('option', { name: '/burnt' });
    await request.waitFor();
    assert.match((await request.textContent()) ?? '', /500/);

    await t.test('a request under way is on top until it ends', async () => {
      const slow = fetch(`${app}/slow`);
      const underWay = page.getByRole('table', { name: 'Requests under way' });
      await underWay.getByText('/slow').waitFor();
      await page.reload();
      await underWay.getByText('/slow').waitFor();
      await fetch(`${app}/finish`);
      await slow;
      await underWay.waitFor({ state: 'detached' });
      await page.getByRole('option', { name: '/slow' }).waitFor();
    });

    await t.test('its log record and its metrics are there, and the record leads to its trace', async () => {
      await page.getByRole('link', { name: 'Logs' }).click();
      await page.getByRole('option', { name: '/burnt' }).click();
      await page.getByRole('link', { name: 'Open the trace' }).click();
      await page.getByRole('treeitem', { name: 'GET' }).waitFor();
      await page.getByRole('link', { name: 'Metrics' }).click();
      await page.getByRole('link', { name: 'http.server.request.duration' }).click();
      await page.getByText('http_server_request_duration_seconds').last().waitFor();
      await page.locator('a.exemplar').first().click();
      await page.waitForURL('**/traces/*');
      await page.getByRole('tree', { name: 'Waterfall' }).waitFor();
    });

    await t.test('the health of the telemetry is shown', async () => {
      await page.getByRole('link', { name: 'Health' }).click();
      await page.getByRole('heading', { name: 'kitchen' }).waitFor();
      await page.getByText('nothing was dropped, nothing failed').first().waitFor();
    });

    assert.deepEqual(browser.faults, []);
    assert.deepEqual(browser.foreign, []);
  },
);
