import { pathToFileURL } from 'node:url';

/** The address of this file, or of the bundle that it is a part of; undefined where neither can be known. */
export function ownUrl(): string | undefined {
  try {
    // By trying: webpack takes `typeof __filename` for a string in ES modules too.
    return pathToFileURL(__filename).href;
  } catch {
    return import.meta.url;
  }
}

/** Makes the `require` of a file. By an import, webpack would put one of its own in its place, which is undefined. */
export function requireOf(file: string): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(file);
}

let load: NodeJS.Require | undefined;

/** The `require` of this package or bundle. Made when it is needed: a bundle runs without. */
export function ownRequire(): NodeJS.Require {
  load ??= requireOf(ownUrl() ?? process.argv[1] ?? `${process.cwd()}/`);
  return load;
}
