// `app.fetch` on other runtimes: the same requests have the same results as on Node.js.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { build } from 'tsdown';
import { lockedModules } from '../support/locked-modules.ts';

const run = promisify(execFile);
const folder = join(import.meta.dirname, 'runtimes');
const isSupported = process.platform === 'linux' && process.arch === 'x64';
const skip = isSupported ? false : 'the programs are those of Linux on x64';
let modules: string;
let bundle: string;
let expected: unknown;

before(async () => {
  if (!isSupported) return;
  modules = await lockedModules(folder);
  bundle = await mkdtemp(join(folder, '.program-'));
  await build({
    config: false,
    entry: { print: join(folder, 'print.ts'), worker: join(folder, 'worker.ts') },
    format: 'esm',
    platform: 'node',
    dts: false,
    outDir: bundle,
    fixedExtension: true,
    deps: { alwaysBundle: (id) => !id.startsWith('node:'), onlyBundle: false },
    inputOptions: { resolve: { conditionNames: ['@sonde/source', 'node', 'import'] } },
    logLevel: 'silent',
  });
  const { stdout } = await run(process.execPath, [join(bundle, 'print.mjs')]);
  expected = JSON.parse(stdout);
});

after(async () => {
  if (isSupported) await rm(bundle, { recursive: true });
});

const commands: Readonly<Record<string, readonly string[]>> = {
  Deno: ['@deno/linux-x64-glibc/deno', 'run', '--allow-all'],
  Bun: ['@oven/bun-linux-x64/bin/bun', 'run'],
};
for (const [name, [program = '', ...flags]] of Object.entries(commands)) {
  test(`fetch on ${name} is the same as on Node.js`, { skip, timeout: 60_000 }, async () => {
    const { stdout } = await run(join(modules, program), [...flags, join(bundle, 'print.mjs')]);
    assert.deepEqual(JSON.parse(stdout), expected);
    assert.equal((expected as unknown[]).length, 8);
  });
}

test('fetch on workerd is the same as on Node.js', { skip, timeout: 60_000 }, async (t) => {
  const files = (await readdir(bundle)).filter((name) => name.endsWith('.mjs') && name !== 'print.mjs');
  const embedded = files
    // The first module is the main one.
    .toSorted((a, b) => Number(b === 'worker.mjs') - Number(a === 'worker.mjs'))
    .map((name) => `(name = "${name}", esModule = embed "${name}")`);
  const config = join(bundle, 'config.capnp');
  await writeFile(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [${embedded.join(', ')}],
    compatibilityDate = "2026-01-01",
    compatibilityFlags = ["nodejs_compat"]
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
`,
  );
  const workerd = join(modules, '@cloudflare/workerd-linux-64/bin/workerd');
  const server = spawn(workerd, ['serve', config, '--control-fd=1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => server.kill());
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const { port } = JSON.parse(String(line)) as { port: number };
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assert.deepEqual(await response.json(), expected);
});
