import { sep } from 'node:path';

const modules = `${sep}node_modules${sep}`;

/** Returns the package name of a specifier: `@scope/name` for `@scope/name/lib/part.js`. */
export function getPackageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** Returns the name of the package of a file in `node_modules`; undefined for other files. */
export function getPackageNameOfFile(path: string): string | undefined {
  const start = path.lastIndexOf(modules);
  return start === -1 ? undefined : getPackageName(path.slice(start + modules.length).replaceAll(sep, '/'));
}
