// Generates docs/picture.png from the running example under load, a real Prometheus and headless Chromium. Requires the
// Debian packages chromium, prometheus and pngquant. Run `npm run picture`.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { OtlpSink } from '../test/support/otlp-sink.ts';
import { Program } from '../test/support/program.ts';
import { Prometheus } from '../test/support/prometheus.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const target = join(root, 'docs/picture.png');
const seconds = 150;
const query = 'sum by (http_route) (rate(http_server_request_duration_seconds_count[15s]))';

/** Requests per second of each path at a given second. */
const rates: Readonly<Record<string, (second: number) => number>> = {
  '/': (second) => 14 + 6 * Math.sin(second / 18),
  '/users/42': (second) => 8 + 4 * Math.sin(second / 11 + 2),
  '/slow': () => 3,
  '/fail': (second) => (second > 85 && second < 110 ? 5 : 0.4),
};

/** Sends requests until it is stopped. */
async function ask(url: string, signal: AbortSignal): Promise<void> {
  const due: Record<string, number> = {};
  const pending: Promise<unknown>[] = [];
  const tickMs = 50;
  for (let tick = 0; !signal.aborted; tick += 1) {
    for (const [path, rate] of Object.entries(rates)) {
      let left = (due[path] ?? 0) + (rate((tick * tickMs) / 1000) * tickMs) / 1000;
      for (; left >= 1; left -= 1) {
        pending.push(fetch(url + path).then((response) => response.arrayBuffer()));
      }
      due[path] = left;
    }
    await delay(tickMs);
  }
  await Promise.all(pending);
}

async function photograph(url: string, file: string, size: string): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'sonde-chromium-'));
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--hide-scrollbars',
    '--force-device-scale-factor=1.5',
    '--virtual-time-budget=15000',
    `--user-data-dir=${profile}`,
    `--window-size=${size}`,
    `--screenshot=${file}`,
  ];
  await run('chromium', [...flags, url], { timeout: 60_000 });
  await rm(profile, { recursive: true, force: true });
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Renders a command in a terminal with its output. */
const printed = (command: string, output: string): string =>
  `<b>$ ${escaped(command)}</b>\n${escaped(output.trimEnd())}\n`;

const page = (first: string, second: string, graph: string): string => `<!doctype html>
<meta charset="utf-8">
<style>
  * { margin: 0; box-sizing: border-box; }
  body { width: 1000px; background: #f4f5f7; padding: 20px; font-family: 'Liberation Sans', sans-serif; }
  figure { border-radius: 8px; overflow: hidden; box-shadow: 0 2px 12px #0003; background: white; }
  figure + figure { margin-top: 16px; }
  figcaption { background: #dfe2e8; color: #444; font-size: 13px; padding: 7px 14px; }
  pre { background: #16191f; color: #d5d9e0; padding: 14px 16px; font: 12.5px/1.55 'DejaVu Sans Mono', monospace; white-space: pre-wrap; }
  pre b { color: #7fd1a0; }
  img { display: block; width: 100%; }
</style>
<figure><figcaption>A terminal</figcaption><pre>${first}</pre></figure>
<figure><figcaption>Another</figcaption><pre>${second}</pre></figure>
<figure><figcaption>Prometheus, which scrapes it: requests per second, by route</figcaption><img src="${graph}"></figure>
`;

const folder = await mkdtemp(join(tmpdir(), 'sonde-picture-'));
try {
  await run(process.execPath, [join(root, 'scripts/bootstrap.mjs')]);
  await using sink = await OtlpSink.start(4318);
  await using hello = new Program('npm', ['start', '--silent'], { cwd: root });
  await hello.printed('Listening on');
  await hello.printed('sonde 0.1.0');
  const greeting = await (await fetch('http://localhost:8000/users/42')).text();
  await hello.printed('Looking up a user');
  const output = hello.stderr + hello.stdout;
  await using prometheus = await Prometheus.scraping('127.0.0.1:9464');
  const stop = new AbortController();
  const asked = ask('http://localhost:8000', stop.signal);
  await delay(seconds * 1000);

  const parameters = { 'g0.expr': query, 'g0.tab': '0', 'g0.range_input': '2m', 'g0.step_input': '1' };
  const graph = join(folder, 'graph.png');
  const address = `${prometheus.url}/classic/graph?${new URLSearchParams(parameters).toString()}`;
  await photograph(address, graph, '1000,852');
  const metrics = await (await fetch('http://localhost:9464/metrics')).text();
  stop.abort();
  await asked;

  const counted = metrics.split('\n').filter((line) => line.startsWith('http_requests_total'));
  const second = [
    printed('curl localhost:8000/users/42', greeting),
    printed('curl -s localhost:9464/metrics | grep ^http_requests_total', counted.join('\n')),
  ];
  const html = join(folder, 'page.html');
  await writeFile(html, page(printed('npm start', output), second.join(''), `file://${graph}`));
  const raw = join(folder, 'picture.png');
  await photograph(`file://${html}`, raw, '1000,1208');
  await run('pngquant', ['--force', '--speed=1', '--output', target, '64', raw]);
  process.stdout.write(
    `${target}: ${(await stat(target)).size} bytes, ${sink.spans.length} spans received\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
