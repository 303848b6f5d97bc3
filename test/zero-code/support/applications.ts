import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';

import { npm, packPackages } from '../../../scripts/tarballs.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');
const source = join(import.meta.dirname, '..', 'apps');
const cache = join(root, '.cache', 'zero-code');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

const readManifest = async (...path: string[]): Promise<Manifest> =>
  JSON.parse(await readFile(join(...path, 'package.json'), 'utf8'));

const computeHash = (...texts: string[]): string =>
  createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 16);

/**
 * Creates a directory once for all test processes: `fill` writes to a temporary one, which then replaces the directory and
 * those with other contents.
 */
async function once(place: string, fill: (staging: string) => Promise<void>): Promise<string> {
  const parent = dirname(place);
  await mkdir(parent, { recursive: true });
  const kept = (await readdir(parent)).filter((name) => !name.includes('.'));
  if (kept.includes(basename(place))) return place;
  const staging = await mkdtemp(`${place}.`);
  try {
    await fill(staging);
    await rename(staging, place);
    await Promise.all(kept.map((name) => rm(join(parent, name), { recursive: true, force: true })));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another test process created the same content first.
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return place;
}

/** The third-party packages, and what Sonde depends on: one tree, one copy of each. */
async function installThirdParty(): Promise<string> {
  const own = await Promise.all(
    ['otel', 'exporters', 'router'].map((name) => readManifest(root, 'packages', name)),
  );
  const ofSonde = own.flatMap(({ dependencies }) => Object.entries(dependencies ?? {}));
  const dependencies = {
    ...Object.fromEntries(ofSonde.filter(([name]) => !name.startsWith('@sonde/'))),
    '@opentelemetry/api': (await readManifest(root, 'test')).dependencies['@opentelemetry/api'],
    ...(await readManifest(source)).dependencies,
  };
  const manifest = JSON.stringify({ name: 'zero-code-apps', private: true, dependencies }, null, 2);
  const lockfile = await readFile(join(source, 'package-lock.json'), 'utf8');
  return once(join(cache, computeHash(manifest, lockfile)), async (staging) => {
    await writeFile(join(staging, 'package.json'), manifest);
    await cp(join(source, 'package-lock.json'), join(staging, 'package-lock.json'));
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', staging];
    await npm(['install', ...flags], staging);
    await rm(join(staging, 'package.json'));
  });
}

async function install(): Promise<string> {
  const thirdParty = await installThirdParty();
  const packed = await mkdtemp(join(thirdParty, 'packed-'));
  try {
    const tarballs = await packPackages(packed);
    const integrity = tarballs.map((tarball) => tarball.integrity).toSorted();
    return await once(join(thirdParty, 'sonde', computeHash(...integrity)), async (staging) => {
      for (const { name, path } of tarballs) {
        const place = join(staging, 'node_modules', name);
        await mkdir(place, { recursive: true });
        await run('tar', ['-xzf', path, '-C', place, '--strip-components=1']);
      }
    });
  } finally {
    await rm(packed, { recursive: true, force: true });
  }
}

let installing: Promise<string> | undefined;

/**
 * Directory with the packed packages and real frameworks, clients and loggers, visible to every project below it.
 * Rejects if the registry is unreachable.
 */
export function applications(): Promise<string> {
  installing ??= install();
  return installing;
}

/**
 * A user's application with these files, removed after the test. What it depends on is what Sonde finds installed.
 *
 * @example const directory = await application(t, ['express'], { 'app.cjs': `require('express')` });
 */
export async function application(
  t: TestContext,
  dependencies: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const directory = await mkdtemp(join(await applications(), 'app-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const manifest = {
    name: 'consumer',
    version: '1.2.3',
    dependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])),
  };
  const contents = { 'package.json': JSON.stringify(manifest), ...files };
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  return directory;
}
