import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { installation } from './installation.ts';

const timeout = 120_000;

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** The first part of a specifier or path, with its scope. */
const packageOf = (path: string): string => path.split('/', path.startsWith('@') ? 2 : 1).join('/');

/** The packages whose modules are a part of the code: the bundler writes down where each comes from. */
const bundled = (code: string): Set<string> =>
  new Set(
    Array.from(code.matchAll(/^\/\/(?:#region)? ?\S*node_modules\/(\S+)/gm), ([, path]) =>
      packageOf(path ?? ''),
    ),
  );

/** What is installed, its code in either build. */
async function installed(build = 'cm'): Promise<{ manifest: Manifest; code: string; licences: string }> {
  const home = join(await installation(), 'node_modules', '@sonde', 'otel');
  const names = (await readdir(join(home, 'dist'))).filter(
    (name) => /\.[cm]js$/.test(name) && build.includes(name.at(-3) ?? ''),
  );
  const files = await Promise.all(names.map((name) => readFile(join(home, 'dist', name), 'utf8')));
  return {
    manifest: JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as Manifest,
    code: files.join('\n'),
    licences: await readFile(join(home, 'dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8'),
  };
}

test('the licence of each package in the bundle is told beside it', { timeout }, async () => {
  const { code, licences } = await installed();
  const inside = bundled(code);
  assert.ok(inside.has('@opentelemetry/sdk-trace'), 'the SDK is a part of the bundle');
  for (const name of inside) assert.ok(licences.includes(`\n${name} `), name);
  for (const words of ['Apache License', 'Permission is hereby granted'])
    assert.ok(licences.includes(words), words);
  assert.doesNotMatch(licences, /^Licence: /m, 'each in its own words');
});

test(
  'what has to be one copy is not in the bundle, and what is not in it is a dependency',
  { timeout },
  async () => {
    const { code, manifest } = await installed();
    const named = Array.from(
      code.matchAll(/^(?:import|export) .*from "([^"]+)"|require\("([^"]+)"\)/gm),
      ([, imported, required]) => imported ?? required ?? '',
    );
    const outside = new Set(named.filter((name) => !name.startsWith('.') && !isBuiltin(name)).map(packageOf));
    const known = { ...manifest.dependencies, ...manifest.peerDependencies };
    assert.ok(outside.has('import-in-the-middle') && !bundled(code).has('import-in-the-middle'));
    // What an ES module loads has the application's copy of the API; a CommonJS preload comes before that.
    const [modules, commonJs] = [await installed('m'), await installed('c')];
    assert.deepEqual(
      [modules, commonJs].map((each) => bundled(each.code).has('@opentelemetry/api')),
      [false, true],
    );
    assert.deepEqual(
      [...outside].filter((name) => !(name in known)),
      [],
    );
  },
);

test(
  'the packages that the bundle is made of stay dependencies, for types and for those who use them too',
  { timeout },
  async () => {
    const { manifest } = await installed();
    for (const name of ['sdk-node', 'instrumentation-http']) {
      assert.ok(`@opentelemetry/${name}` in manifest.dependencies, name);
    }
    assert.ok('@sonde/exporters' in manifest.dependencies);
  },
);
