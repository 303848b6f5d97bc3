// Makes the pictures of the viewer from what really runs: the shop under `sonde dev`, under load, with faults in one service, photographed by headless
// Chromium in both themes. Needs Debian's chromium and pngquant:  npm run pictures:viewer
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { TestBrowser } from '../packages/dev/src/testing/browser.ts';
import { SondeProgram } from '../packages/dev/src/testing/sonde-program.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const shop = join(root, 'examples/shop');
const seconds = Number(process.env['SECONDS'] ?? 90);

interface Requests {
  readonly items: readonly { readonly traceId: string; readonly spans: number }[];
}

/** An order that failed in the last of the services, with as many spans as there are. */
async function findFailedOrder(url: string): Promise<string> {
  const q = 'service=gateway route=/orders error=true exceptions()>0';
  const response = await fetch(`${url}api/requests?limit=200&q=${encodeURIComponent(q)}`);
  const { items } = (await response.json()) as Requests;
  const [largest] = items.toSorted((a, b) => b.spans - a.spans);
  if (largest === undefined) throw new Error('no order failed: run longer (SECONDS=180)');
  return largest.traceId;
}

async function setFaults(service: string, faults: object): Promise<void> {
  await fetch(`${service}/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
  });
}

const folder = await mkdtemp(join(tmpdir(), 'sonde-pictures-'));
try {
  await run(process.execPath, [join(root, 'scripts/bootstrap.mjs')]);
  const command = ['--editor', 'vscode://file/{file}:{line}:{column}', '--', 'node', 'start.js'];
  await using sonde = SondeProgram.start(['dev', ...command], shop);
  await sonde.printed('Listening on', 3);
  await sonde.printed('open http');
  const url = /open (http:\S+)/.exec(sonde.stderr)?.[1] ?? '';
  await setFaults('http://127.0.0.1:8001', { errors: 0.03, slow: 0.02, blocked: 0.002 });
  const env = { ...process.env, LOAD_RATE: '12', LOAD_SECONDS: String(seconds + 60) };
  const load = execFile(process.execPath, ['load.js'], { cwd: shop, env });
  await delay(seconds * 1000);
  const traceId = await findFailedOrder(url);
  await using browser = await TestBrowser.start();
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.open(`${url}requests?trace=${traceId}`, {
      viewport: { width: 1360, height: 850 },
      deviceScaleFactor: 1.5,
      colorScheme,
    });
    await page.locator('.detail.exception .source').waitFor();
    await page.getByRole('option').nth(10).waitFor();
    const raw = join(folder, `${colorScheme}.png`);
    await page.screenshot({ path: raw });
    const target = join(root, `docs/viewer-${colorScheme}.png`);
    await run('pngquant', ['--force', '--speed=1', '--output', target, '64', raw]);
    process.stdout.write(`${target}: ${(await stat(target)).size} bytes\n`);
  }
  load.kill();
} finally {
  await rm(folder, { recursive: true, force: true });
}
