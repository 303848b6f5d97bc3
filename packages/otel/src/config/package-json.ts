import { readFileSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

/** The parts of a package.json that matter here. */
export interface Manifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly type?: unknown;
  readonly dependencies?: unknown;
  readonly optionalDependencies?: unknown;
}

/** A package on disk. */
export interface Package {
  /** The directory that holds its package.json. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The package.json in a directory; undefined when there is none, or it cannot be read. */
export function manifestIn(folder: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** The nearest package at `folder` or above it that `accepts` accepts. */
export function nearestPackage(
  folder: string,
  accepts: (manifest: Manifest) => boolean = () => true,
): Package | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = manifestIn(at);
    if (manifest !== undefined && accepts(manifest)) return { folder: at, manifest };
    if (at === dirname(at)) return undefined;
  }
}

/** The directory of the program that runs; of `node .` and `node -e` it is the one they were started in. */
export function applicationFolder(): string {
  const [, program] = process.argv;
  if (program === undefined) return process.cwd();
  const isDirectory = statSync(program, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isDirectory ? program : dirname(program);
}

/** The nearest package of the program that runs that has a name: a `{ "type": "module" }` beside it has none. */
export function applicationPackage(): Package | undefined {
  return nearestPackage(applicationFolder(), ({ name }) => typeof name === 'string' && name !== '');
}

/** Which module system the program that runs is written for. */
export function moduleKind(): 'cjs' | 'esm' {
  const extension = extname(process.argv[1] ?? '');
  if (extension === '.mjs' || extension === '.mts') return 'esm';
  if (extension === '.cjs' || extension === '.cts') return 'cjs';
  return nearestPackage(applicationFolder())?.manifest.type === 'module' ? 'esm' : 'cjs';
}
