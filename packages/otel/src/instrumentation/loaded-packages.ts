import { dirname, join } from 'node:path';
import { ownRequire } from '@sonde/sdk';
import { bundleRegistry } from '../bundler/registry.ts';
import { nearestPackage } from '../config/package-json.ts';
import { getPackageNameOfFile } from './package-name.ts';
import { hookedPackages } from './patch-guard.ts';

/** A package that the application has loaded. */
export interface LoadedPackage {
  /** Whether a bundler plug-in has put it into the program. */
  readonly isBundled: boolean;
  /** Returns its version; undefined if its package.json cannot be read. */
  readonly readVersion: () => string | undefined;
}

/** Packages that the export pipeline loads for itself. */
const pipelinePackages: ReadonlySet<string> = new Set(['@grpc/grpc-js']);

/** Returns a package on disk. @param path one of its files */
function packageAt(path: string, packageName: string): LoadedPackage {
  const readVersion = (): string | undefined => {
    const { version } = nearestPackage(dirname(path), ({ name }) => name === packageName)?.manifest ?? {};
    return typeof version === 'string' ? version : undefined;
  };
  return { isBundled: false, readVersion };
}

/** Returns the packages that were loaded, as far as they are known: of ES modules, those with a hook. */
export function loadedPackages(): ReadonlyMap<string, LoadedPackage> {
  const loaded = new Map<string, LoadedPackage>();
  for (const [name, version] of Object.entries(bundleRegistry().packages)) {
    loaded.set(name, { isBundled: true, readVersion: () => version });
  }
  for (const [name, folder] of hookedPackages)
    loaded.set(name, packageAt(join(folder, 'package.json'), name));
  for (const path of Object.keys(ownRequire().cache)) {
    const name = getPackageNameOfFile(path);
    if (name !== undefined && !pipelinePackages.has(name)) loaded.set(name, packageAt(path, name));
  }
  return loaded;
}
