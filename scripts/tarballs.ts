import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A package packed by `npm pack`. */
export interface Tarball {
  readonly name: string;
  readonly version: string;
  /** Absolute path of the `.tgz`. */
  readonly path: string;
  /** Size of the `.tgz` in bytes. */
  readonly size: number;
  /** Subresource integrity of the `.tgz`: equal contents, equal integrity. */
  readonly integrity: string;
  readonly files: readonly { readonly path: string }[];
}

/** Runs the npm of the current process, or the one in `PATH`; rejects if it fails. */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const { npm_execpath: npmPath } = process.env;
  const [command, ...first] = npmPath?.endsWith('.js') ? [process.execPath, npmPath] : ['npm'];
  const { stdout } = await run(command, [...first, ...args], { cwd, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/**
 * Packs built packages of the repository into `directory`.
 *
 * @param names their folders. @default those that a program in production installs
 * @example const tarballs = await packPackages(await mkdtemp(join(tmpdir(), 'packed-')));
 */
export async function packPackages(
  directory: string,
  names: readonly string[] = ['router', 'otel', 'exporters'],
): Promise<Tarball[]> {
  const workspaces = names.flatMap((name) => ['--workspace', `packages/${name}`]);
  const stdout = await npm(
    [
      'pack',
      ...workspaces,
      '--ignore-scripts',
      '--json',
      '--loglevel=error',
      '--pack-destination',
      directory,
    ],
    root,
  );
  const packed: (Omit<Tarball, 'path'> & { filename: string })[] = JSON.parse(stdout);
  return packed.map(({ name, version, size, integrity, files, filename }) => {
    return { name, version, size, integrity, files, path: join(directory, filename) };
  });
}

/** Installs tarballs into the empty project `directory`, without install scripts. */
export async function installTarballs(tarballs: readonly Tarball[], directory: string): Promise<void> {
  await writeFile(join(directory, 'package.json'), '{ "private": true }\n');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', directory];
  await npm(['install', ...flags, ...tarballs.map(({ path }) => path)], directory);
}

/** Reads the hidden lock file of `directory`. */
export async function readInstalled(directory: string): Promise<InstalledTree> {
  return JSON.parse(await readFile(join(directory, 'node_modules', '.package-lock.json'), 'utf8'));
}

/** The parts of npm's lock file that describe dependencies between copies. */
export interface InstalledTree {
  /** By path: `node_modules/a`, `node_modules/a/node_modules/b`. */
  readonly packages: Readonly<Record<string, InstalledPackage>>;
}

interface InstalledPackage {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
