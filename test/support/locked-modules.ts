import { copyFile, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { npm } from '../../scripts/tarballs.ts';

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * The `node_modules` of a folder with a `package.json`, installed from its lock file on first use. Rejects
 * when the registry cannot be reached.
 */
export async function lockedModules(folder: string): Promise<string> {
  const modules = join(folder, 'node_modules');
  if (await exists(modules)) return modules;

  const staging = await mkdtemp(join(folder, '.program-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) {
      await copyFile(join(folder, file), join(staging, file));
    }
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', staging];
    await npm(['ci', ...flags], staging);
    await rename(join(staging, 'node_modules'), modules);
  } catch (error) {
    // Another process may have created it first.
    if (!(await exists(modules))) throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return modules;
}
