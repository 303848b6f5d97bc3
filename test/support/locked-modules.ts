import { copyFile, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { npm } from '../../scripts/tarballs.ts';

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The name of the copy, in `node_modules`, of the lock file from which the packages were installed. */
const lockCopy = '.sonde-lock.json';

/** Whether the packages of a folder are those of its lock file. */
async function isInstalled(folder: string): Promise<boolean> {
  const lock = readFile(join(folder, 'package-lock.json'), 'utf8');
  const installed = readFile(join(folder, 'node_modules', lockCopy), 'utf8').catch(() => undefined);
  return (await lock) === (await installed);
}

/**
 * The `node_modules` of a folder with a `package.json`, installed from its lock file on first use. Rejects
 * when the registry cannot be reached.
 */
export async function lockedModules(folder: string): Promise<string> {
  const modules = join(folder, 'node_modules');
  if (await isInstalled(folder)) return modules;

  const staging = await mkdtemp(join(folder, '.program-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) {
      await copyFile(join(folder, file), join(staging, file));
    }
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', staging];
    await npm(['ci', ...flags], staging);
    await copyFile(join(staging, 'package-lock.json'), join(staging, 'node_modules', lockCopy));
    if (!(await isInstalled(folder))) {
      // Packages of an older lock file.
      if (await exists(modules)) await rename(modules, join(staging, 'older'));
      await rename(join(staging, 'node_modules'), modules);
    }
  } catch (error) {
    // Another process may have created it first.
    if (!(await isInstalled(folder))) throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return modules;
}
