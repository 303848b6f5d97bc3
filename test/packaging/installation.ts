import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

import { installTarballs, packPackages } from '../../scripts/tarballs.ts';

const cache = join(import.meta.dirname, '..', '..', '.cache', 'installation');
let installing: Promise<string> | undefined;

/**
 * A project in which the packed packages are installed, as a user would: the path of its directory. Installed
 * once for each content of the packages, and kept.
 */
export function installation(): Promise<string> {
  installing ??= install();
  return installing;
}

async function install(): Promise<string> {
  const packed = await mkdtemp(join(tmpdir(), 'sonde-packed-'));
  try {
    const tarballs = await packPackages(packed);
    const integrity = tarballs.map((tarball) => tarball.integrity).toSorted();
    const key = createHash('sha256').update(integrity.join('\n')).digest('hex').slice(0, 16);
    await mkdir(cache, { recursive: true });
    const kept = await readdir(cache);
    if (kept.includes(key)) return join(cache, key);

    const stale = kept.filter((name) => !name.includes('.'));
    await Promise.all(stale.map((name) => rm(join(cache, name), { recursive: true, force: true })));
    const staging = join(cache, `${key}.${process.pid}`);
    await mkdir(staging);
    await installTarballs(tarballs, staging);
    await rename(staging, join(cache, key)).catch(async (error: NodeJS.ErrnoException) => {
      await rm(staging, { recursive: true, force: true });
      // Another test process created the same content first.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return join(cache, key);
  } finally {
    await rm(packed, { recursive: true, force: true });
  }
}

/**
 * Creates a user's project with these files, which is removed after the test. The packages are installed in it and
 * nothing else is. Without a `package.json` among the files its `.js` files are CommonJS.
 *
 * @example const directory = await project(t, { 'app.mjs': `import '@sonde/otel/register';` });
 */
export async function project(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const installed = await installation();
  const directory = await mkdtemp(join(tmpdir(), 'sonde-project-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await symlink(join(installed, 'node_modules'), join(directory, 'node_modules'), 'junction');
  const contents = { 'package.json': '{ "name": "consumer", "version": "1.2.3" }', ...files };
  await Promise.all(
    Object.entries(contents).map(async ([path, content]) => {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    }),
  );
  return directory;
}
