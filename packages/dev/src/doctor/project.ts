import { realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { isModuleFile, type Manifest, nearestManifest, readManifest, readText } from './project-files.ts';
import { parseCommand, type NodeCommand } from './node-command.ts';
import { readLoads, type Load } from './load-order.ts';

/** A package as the project would load it. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** Its folder, with links resolved. */
  readonly folder: string;
}

/** Everything that the static rules judge. */
export interface Project {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly manifest: Manifest;
  /** The names in `dependencies`. */
  readonly dependencies: readonly string[];
  readonly command: NodeCommand | undefined;
  /** The file that the program starts with; undefined when it is unknown. */
  readonly entry: { readonly file: string; readonly isModule: boolean; readonly text: string } | undefined;
  /** The modules that the program loads, in the order of their evaluation: preloads first. */
  readonly loads: readonly Load[];
  readonly isContainer: boolean;
  readonly findPackage: (name: string, from?: string) => InstalledPackage | undefined;
  /** A path as proof: relative to the directory. */
  readonly show: (file: string) => string;
}

function findPackage(name: string, from: string): InstalledPackage | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    const manifest = readManifest(candidate);
    if (manifest !== undefined) {
      return { name, version: manifest.version ?? '0.0.0', folder: realpathSync(candidate) };
    }
    if (folder === dirname(folder)) return undefined;
  }
}

function findEntry(
  directory: string,
  command: NodeCommand | undefined,
  manifest: Manifest,
): string | undefined {
  const endings = ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'];
  const usual = ['index', 'app', 'server', 'main', 'src/index', 'src/main'];
  const names = [manifest.main, ...usual.flatMap((name) => endings.map((ending) => `${name}.${ending}`))];
  const wanted = command?.entry === undefined ? names : [command.entry];
  for (const name of wanted) {
    if (name === undefined) continue;
    try {
      const file = createRequire(join(directory, 'package.json')).resolve(resolve(directory, name));
      if (statSync(file).isFile()) return file;
    } catch {
      // The next name.
    }
  }
  return undefined;
}

/** Reads what can be known of a program without running it. */
export function inspectProject(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
  args: readonly string[] = [],
): Project {
  const manifest = nearestManifest(directory);
  const start = manifest.scripts?.['start'];
  const command = parseCommand(args.length > 0 ? args : (start?.trim().split(/\s+/) ?? []), environment);
  const file = findEntry(directory, command, manifest);
  const text = file === undefined ? undefined : readText(file);
  const entry =
    file === undefined || text === undefined ? undefined : { file, text, isModule: isModuleFile(file, text) };
  const find = (name: string, from = directory): InstalledPackage | undefined => findPackage(name, from);
  return {
    directory,
    environment,
    manifest,
    dependencies: Object.keys(manifest.dependencies ?? {}),
    command,
    entry,
    loads: readLoads(directory, command, entry?.file),
    isContainer:
      environment['KUBERNETES_SERVICE_HOST'] !== undefined || readText('/.dockerenv') !== undefined,
    findPackage: find,
    show: (path) => (relative(directory, path).startsWith('..') ? path : relative(directory, path)),
  };
}
