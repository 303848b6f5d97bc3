import { getPackageNameOfFile } from './package-name.ts';
import { ownRequire } from '@sonde/sdk';

/** Packages that the export pipeline loads for itself. */
const pipelinePackages: ReadonlySet<string> = new Set(['@grpc/grpc-js']);

/** Returns the loaded CommonJS packages, each with one of its files. Loaded ES modules cannot be listed. */
export function loadedPackages(): Map<string, string> {
  const loaded = new Map<string, string>();
  for (const path of Object.keys(ownRequire().cache)) {
    const name = getPackageNameOfFile(path);
    if (name !== undefined && !pipelinePackages.has(name)) loaded.set(name, path);
  }
  return loaded;
}
