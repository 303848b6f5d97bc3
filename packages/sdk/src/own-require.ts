import { pathToFileURL } from 'node:url';

/** The URL of this file, or of the bundle that contains it; undefined if neither is known. */
export function ownUrl(): string | undefined {
  try {
    // In ES modules too, webpack replaces `typeof __filename` by a string: so try.
    return pathToFileURL(__filename).href;
  } catch {
    return import.meta.url;
  }
}

/** Creates the `require` of a file. Webpack would replace an imported `createRequire` by an undefined one. */
export function createRequireFor(file: string): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(file);
}

let load: NodeJS.Require | undefined;

/** The `require` of this package or bundle. Created on first use: a bundle runs without it. */
export function ownRequire(): NodeJS.Require {
  load ??= createRequireFor(ownUrl() ?? process.argv[1] ?? `${process.cwd()}/`);
  return load;
}
