import { realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { nearestPackage } from '../config/package-json.ts';

const packages: ReadonlySet<unknown> = new Set([
  'npm',
  'pnpm',
  'yarn',
  '@yarnpkg/cli',
  '@yarnpkg/cli-dist',
  'corepack',
]);

/** Folders of single-file releases, which belong to no package: Yarn in a project, and the cache of Corepack. */
const singleFiles = [join(sep, '.yarn', 'releases', sep), join(sep, 'corepack', 'v1', sep)];

/**
 * Whether this process is a package manager. It inherits `NODE_OPTIONS`, which are intended for the program that it starts.
 */
export function isPackageManager(): boolean {
  const [, program] = process.argv;
  if (program === undefined) return false;
  try {
    const path = realpathSync(program);
    if (singleFiles.some((folder) => path.includes(folder))) return true;
    const nearest = nearestPackage(dirname(path), ({ name }) => name !== undefined);
    return packages.has(nearest?.manifest.name);
  } catch {
    return false;
  }
}
