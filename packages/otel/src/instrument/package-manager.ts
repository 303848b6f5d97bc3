import { realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { nearestPackage } from '../application.ts';

const packages: ReadonlySet<unknown> = new Set(['npm', 'pnpm', 'yarn', '@yarnpkg/cli', 'corepack']);

/**
 * Whether this process is a package manager: it inherits `NODE_OPTIONS` from the shell, and what it starts is meant,
 * not itself.
 */
export function isPackageManager(): boolean {
  const [, program] = process.argv;
  if (program === undefined) return false;
  try {
    const path = realpathSync(program);
    // Yarn keeps itself in the project, Corepack in a cache: single files that belong to no package.
    if (path.includes(`${sep}.yarn${sep}releases${sep}`) || path.includes(`${sep}corepack${sep}`))
      return true;
    const nearest = nearestPackage(dirname(path), ({ name }) => name !== undefined);
    return packages.has(nearest?.manifest.name);
  } catch {
    return false;
  }
}
