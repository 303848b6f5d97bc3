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

/** Where Yarn keeps itself in a project, and Corepack in its cache: single files that belong to no package. */
const singleFiles = [join(sep, '.yarn', 'releases', sep), join(sep, 'corepack', 'v1', sep)];

/**
 * Whether this process is a package manager: it inherits `NODE_OPTIONS` from the shell, and what it starts is meant,
 * not itself.
 */
export function isPackageManager(): boolean {
  const [, program] = process.argv;
  if (program === undefined) return false;
  try {
    const path = realpathSync(program);
    if (singleFiles.some((place) => path.includes(place))) return true;
    const nearest = nearestPackage(dirname(path), ({ name }) => name !== undefined);
    return packages.has(nearest?.manifest.name);
  } catch {
    return false;
  }
}
