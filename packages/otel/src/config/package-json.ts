import { readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, sep } from 'node:path';
import { pm2Program } from './environment.ts';

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

const modulesFolder = `${sep}node_modules${sep}`;

/** The path of the program that runs: that of PM2, which runs it in a program of its own, comes from its variables. */
function programPath(): string | undefined {
  const [, program] = process.argv;
  return program?.includes(`${modulesFolder}pm2${sep}`) === true ? (pm2Program() ?? program) : program;
}

/**
 * The directory of the program that runs. Of `node .`, `node -e`, and of a tool such as `next`, `vitest` or a worker of Jest
 * that runs the application, it is the one they were started in; if that is elsewhere, the project with the tool.
 */
export function applicationFolder(): string {
  const program = programPath();
  if (program === undefined) return process.cwd();
  const inModules = program.indexOf(modulesFolder);
  if (inModules !== -1) {
    const project = program.slice(0, inModules);
    const isInside = `${process.cwd()}${sep}`.startsWith(`${project}${sep}`);
    return isInside || manifestIn(project)?.name === undefined ? process.cwd() : project;
  }
  const isDirectory = statSync(program, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isDirectory ? program : dirname(program);
}

/** The nearest package of the program that runs that has a name: a `{ "type": "module" }` beside it has none. */
export function applicationPackage(): Package | undefined {
  return nearestPackage(applicationFolder(), ({ name }) => typeof name === 'string' && name !== '');
}

/** Which module system the program that runs is written for. */
export function moduleKind(): 'cjs' | 'esm' {
  const extension = extname(programPath() ?? '');
  if (extension === '.mjs' || extension === '.mts') return 'esm';
  if (extension === '.cjs' || extension === '.cts') return 'cjs';
  return nearestPackage(applicationFolder())?.manifest.type === 'module' ? 'esm' : 'cjs';
}
