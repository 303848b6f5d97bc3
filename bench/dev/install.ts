import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InstalledTree, installTarballs, packPackages } from '../../scripts/tarballs.ts';
import { peerFolder } from '../peer.ts';

/** The packages that an installation adds. */
export interface Installed {
  readonly packages: number;
  readonly megabytes: number;
}

const packages = join(import.meta.dirname, '../../packages');

/** Counts the packages in the `node_modules` of a folder. */
function count(folder: string): Installed {
  const modules = join(folder, 'node_modules');
  const tree = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as InstalledTree;
  const files = readdirSync(modules, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
  return { packages: Object.keys(tree.packages).length, megabytes: bytes / 1e6 };
}

/** Installs the packed viewer into an empty project. @throws when it is not built */
export async function measureInstall(): Promise<Installed> {
  if (!existsSync(join(packages, 'dev/dist/main.mjs'))) {
    throw new Error('packages/dev is not built: run npm run build first');
  }
  const folder = await mkdtemp(join(tmpdir(), 'sonde-install-'));
  try {
    await installTarballs(await packPackages(folder, ['router', 'dev']), folder);
    return count(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same of the other viewer. */
export function measurePeerInstall(name: string): Installed {
  return count(peerFolder(name));
}
