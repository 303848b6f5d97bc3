import { addHook } from './add-hook.ts';
import { isHookedPackage } from './hooked-packages.ts';
import { PackageFiles } from './package-file.ts';

/** Options of the bundler plug-ins. */
export interface BundlerOptions {
  /** Names of packages to hook in addition to those that Sonde knows: those of your own instrumentations. @default none */
  readonly packages?: readonly string[] | undefined;
}

/** Returns the code of a file with a hook; undefined for files that no hook changes. */
type Transform = (code: string, path: string) => Promise<string | undefined>;

/** Matches files of packages that may have hooks. */
export const modulePattern: RegExp = /[\\/]node_modules[\\/].*\.[cm]?js$/;

/** Creates the part that all plug-ins share. */
export function createTransform({ packages = [] }: BundlerOptions): {
  readonly isHooked: (path: string) => boolean;
  readonly transform: Transform;
} {
  const files = new PackageFiles();
  const isIncluded = (name: string): boolean => isHookedPackage(name) || packages.includes(name);
  return {
    isHooked: (path) => files.find(path, isIncluded) !== undefined,
    transform: async (code, path) => {
      const file = modulePattern.test(path) ? files.find(path, isIncluded) : undefined;
      return file === undefined ? undefined : addHook(code, file);
    },
  };
}
