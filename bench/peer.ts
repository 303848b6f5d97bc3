import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the folder of a peer, installed from its own lock file. */
export function peerFolder(name: string): string {
  const folder = join(import.meta.dirname, 'peers', name);
  if (!existsSync(join(folder, 'node_modules'))) {
    console.error(`installing ${name} in bench/peers/${name}`);
    const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) throw new Error(`${name} cannot be installed`);
  }
  return folder;
}
