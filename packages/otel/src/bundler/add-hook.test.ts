import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { addHook } from './add-hook.ts';
import { type BundleHook, bundleRegistry } from './registry.ts';

const main = { packageName: 'pg', version: '8.23.1', name: 'pg' };

/** Loads modules as the plug-in changes them, and returns the exports of the one called `main`. */
async function load(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  hook?: BundleHook,
): Promise<Record<string, unknown>> {
  const folder = await mkdtemp(join(tmpdir(), 'sonde-add-hook-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const registry = bundleRegistry();
  registry.hook = hook;
  t.after(() => delete registry.hook);
  for (const [name, code] of Object.entries(files)) {
    // oxlint-disable-next-line no-await-in-loop -- few files
    await writeFile(
      join(folder, name),
      name.startsWith('main') ? ((await addHook(code, main)) ?? code) : code,
    );
  }
  if ('main.cjs' in files) return createRequire(join(folder, 'main.cjs'))('./main.cjs');
  return import(pathToFileURL(join(folder, 'main.mjs')).href);
}

suite('addHook', () => {
  test('marks the package as loaded, and changes nothing before Sonde starts', async (t) => {
    delete bundleRegistry().packages['pg'];
    const exports = await load(t, { 'main.cjs': 'exports.a = 1; // end' });
    assert.deepEqual(exports, { a: 1 });
    assert.equal(bundleRegistry().packages['pg'], '8.23.1');
  });

  test('replaces the exports of a CommonJS module', async (t) => {
    const calls: unknown[][] = [];
    const exports = await load(t, { 'main.cjs': `'use strict';\nmodule.exports = { a: 1 }` }, (...args) => {
      calls.push(args);
      return { b: 2 };
    });
    assert.deepEqual(exports, { b: 2 });
    assert.deepEqual(calls, [[{ a: 1 }, 'pg', '8.23.1', 'pg']]);
  });

  test('a hook assigns to the exports of an ES module, except to constants, imports and values', async (t) => {
    const files = {
      'main.mjs': `
import { inner } from './part.mjs';
var Context = class {};
class Server {}
export class Client {}
export function connect() { return 'original'; }
export const limit = 1;
export { Context, Server as PgServer, inner };
export { inner as again } from './part.mjs';
export * as part from './part.mjs';
const pool = {};
export default pool;`,
      'part.mjs': `export const inner = 'inner';`,
    };
    let seen: Record<string, unknown> = {};
    const replaced: string[] = [];
    const exports = await load(t, files, (namespace) => {
      const members = namespace as Record<string, unknown>;
      seen = { ...members };
      for (const name of Object.keys(seen)) {
        if (Object.getOwnPropertyDescriptor(members, name)?.set === undefined) continue;
        members[name] = `replaced ${name}`;
        replaced.push(name);
      }
      assert.equal(Reflect.get(members, Symbol.toStringTag), 'Module');
      return namespace;
    });
    assert.deepEqual(replaced.toSorted(), ['Client', 'Context', 'PgServer', 'connect']);
    for (const name of replaced) assert.equal(exports[name], `replaced ${name}`);
    assert.equal(seen['again'], 'inner');
    assert.equal(seen['limit'], 1);
    assert.equal(seen['default'], exports['default']);
  });

  test('a class that is the default export is replaced', async (t) => {
    const exports = await load(t, { 'main.mjs': 'export default class Client {}' }, (namespace) => {
      (namespace as { default: unknown }).default = 'replaced';
      return namespace;
    });
    assert.equal(exports['default'], 'replaced');
  });

  test('a hook of an ES module keeps only the exports of modules that hooks change', async () => {
    const code = 'export class Part {}';
    const part = await addHook(code, { ...main, name: 'pg/part.js' });
    assert.doesNotMatch(part ?? '', /hook/);
    assert.match(part ?? '', /packages\["pg"\]="8.23.1"/);
    assert.match((await addHook(code, { ...main, name: 'hono/dist/context.js' })) ?? '', /b\.hook/);
  });

  test('a module that cannot be parsed stays as it is', async () => {
    assert.equal(await addHook('import {', main), undefined);
  });
});
