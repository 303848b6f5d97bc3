import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const source = `
  const { applicationPackage } = await import(${JSON.stringify(import.meta.resolve('./package-json.ts'))});
  console.log(applicationPackage()?.manifest.name);
`;

let root: string;

before(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sonde-names-')));
  const files = {
    'shop/package.json': '{ "name": "shop" }',
    'shop/src/app.mjs': source,
    'shop/packages/web/package.json': '{ "name": "web" }',
    'shop/node_modules/next/package.json': '{ "name": "next" }',
    'shop/node_modules/next/dist/bin/next.mjs': source,
    'tools/node_modules/pm2/package.json': '{ "name": "pm2" }',
    'tools/node_modules/pm2/lib/ProcessContainerFork.mjs': source,
    'elsewhere/note.txt': '',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  // pnpm keeps a copy of each package in its store.
  const stored = join(root, 'shop/node_modules/.pnpm/next@16.0.0/node_modules');
  await cp(join(root, 'shop/node_modules/next'), join(stored, 'next'), { recursive: true });
});

after(() => rm(root, { recursive: true, force: true }));

async function findName(program: string, cwd: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run(process.execPath, [join(root, program)], {
    cwd: join(root, cwd),
    env: { PATH: process.env['PATH'], ...env },
  });
  return stdout.trim();
}

const next = 'shop/node_modules/next/dist/bin/next.mjs';
const pm2 = 'tools/node_modules/pm2/lib/ProcessContainerFork.mjs';

test('the application is the package of the program', async () => {
  assert.equal(await findName('shop/src/app.mjs', 'elsewhere'), 'shop');
});

test('the application of a tool in node_modules is the package in which the tool was started', async () => {
  assert.equal(await findName(next, 'shop'), 'shop');
  assert.equal(await findName(next, 'shop/packages/web'), 'web');
  assert.equal(await findName(next, 'elsewhere'), 'shop');
  const stored = 'shop/node_modules/.pnpm/next@16.0.0/node_modules/next/dist/bin/next.mjs';
  assert.equal(await findName(stored, 'shop'), 'shop');
});

test('the application under PM2 is the package of the program that PM2 runs', async () => {
  const program = join(root, 'shop/src/app.mjs');
  assert.equal(await findName(pm2, 'elsewhere', { pm_exec_path: program }), 'shop');
  const environment = JSON.stringify({ pm_exec_path: program });
  assert.equal(await findName(pm2, 'elsewhere', { pm2_env: environment }), 'shop');
  assert.equal(await findName(pm2, 'shop', { pm2_env: 'no JSON' }), 'shop');
});
