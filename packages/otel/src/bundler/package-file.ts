import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A file of an installed package. */
export interface PackageFile {
  readonly packageName: string;
  readonly version: string;
  /** As instrumentations name it: `pg/lib/client.js`, or `pg` for a main module. */
  readonly name: string;
}

interface Manifest {
  readonly version?: unknown;
  readonly main?: unknown;
  readonly module?: unknown;
  readonly exports?: unknown;
}

interface InstalledPackage {
  readonly version: string;
  /** The paths of the main modules: a package can have one for each module system. */
  readonly mains: ReadonlySet<string>;
}

/** Returns the paths in a part of `exports`, whatever their conditions. */
function listTargets(exports: unknown): string[] {
  if (typeof exports === 'string') return [exports];
  if (typeof exports !== 'object' || exports === null) return [];
  return Object.values(exports).flatMap(listTargets);
}

/** Returns the part of `exports` that is the main module. */
function getMainExports(exports: unknown): unknown {
  if (typeof exports !== 'object' || exports === null || Array.isArray(exports)) return exports;
  return '.' in exports
    ? exports['.']
    : Object.keys(exports).some((key) => key.startsWith('.'))
      ? []
      : exports;
}

function readPackage(folder: string): InstalledPackage | undefined {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
  if (typeof manifest.version !== 'string') return undefined;
  const { exports, main = 'index.js', module } = manifest;
  const targets = [main, module, ...listTargets(getMainExports(exports))].filter(
    (target) => typeof target === 'string',
  );
  const paths = targets.map((target) => posix.normalize(target).replace(/\/$/, ''));
  const mains = paths.flatMap((path) => [path, `${path}.js`, posix.join(path, 'index.js')]);
  return { version: manifest.version, mains: new Set(mains) };
}

/** Finds the package of files, and reads each package.json once. */
export class PackageFiles {
  readonly #packages = new Map<string, InstalledPackage | undefined>();

  /** @returns undefined for files outside of `node_modules` and of packages that `isIncluded` excludes */
  find(path: string, isIncluded: (packageName: string) => boolean): PackageFile | undefined {
    const normalized = path.replaceAll('\\', '/');
    const marker = '/node_modules/';
    const start = normalized.lastIndexOf(marker);
    if (start === -1) return undefined;
    const home = start + marker.length;
    const parts = normalized.slice(home).split('/');
    const packageName = parts.splice(0, parts[0]?.startsWith('@') === true ? 2 : 1).join('/');
    if (!isIncluded(packageName)) return undefined;
    const folder = normalized.slice(0, home) + packageName;
    if (!this.#packages.has(folder)) this.#packages.set(folder, readPackage(folder));
    const found = this.#packages.get(folder);
    if (found === undefined) return undefined;
    const file = parts.join('/');
    const name = found.mains.has(file) ? packageName : `${packageName}/${file}`;
    return { packageName, version: found.version, name };
  }
}
