import { ownRequire } from '../own-require.ts';
import { getPackageNameOfFile } from './package-name.ts';

/** What our own pipeline loads, for itself: that it is loaded says nothing of the application. */
const ofPipeline: ReadonlySet<string> = new Set(['@grpc/grpc-js']);

/** The packages loaded so far, each with one of its files. ES modules are loaded out of sight. */
export function loadedPackages(): Map<string, string> {
  const loaded = new Map<string, string>();
  for (const path of Object.keys(ownRequire().cache)) {
    const name = getPackageNameOfFile(path);
    if (name !== undefined && !ofPipeline.has(name)) loaded.set(name, path);
  }
  return loaded;
}
