import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { npm } from '../../scripts/tarballs.ts';

/** The oldest Node that the packages support, and the newest one. */
export const nodeVersions = ['22.15.0', '26.10.0'] as const;

const cache = join(import.meta.dirname, '..', '..', '.cache', 'node');

/**
 * The path of the Node binary of `version`, from npm's `node` package, installed once into `.cache/node`.
 * Rejects when it is not there and the registry cannot be reached.
 *
 * @param version an exact version, or a major one for the newest of its line
 * @example const node = await nodeBinary('22.15.0');
 */
export async function nodeBinary(version: string): Promise<string> {
  const home = join(cache, version);
  const binary = join('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (await exists(join(home, binary))) return join(home, binary);

  const staging = `${home}.${process.pid}`;
  await mkdir(staging, { recursive: true });
  await writeFile(join(staging, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }\n');
  const flags = [
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--ignore-scripts=false',
    '--prefix',
    staging,
  ];
  try {
    await npm(['install', ...flags, `node@${version}`], staging);
    await rename(staging, home);
  } catch (error) {
    // Another test process may have created it first.
    if (!(await exists(join(home, binary)))) throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return join(home, binary);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
