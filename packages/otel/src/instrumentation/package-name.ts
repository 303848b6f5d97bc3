import { sep } from 'node:path';

const modules = `${sep}node_modules${sep}`;

/** The first part of a specifier, with its scope: `@scope/name` of `@scope/name/lib/part.js`. */
export function getPackageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The package that a file belongs to by its place in `node_modules`; undefined when it is in none. */
export function getPackageNameOfFile(path: string): string | undefined {
  const at = path.lastIndexOf(modules);
  return at === -1 ? undefined : getPackageName(path.slice(at + modules.length).replaceAll(sep, '/'));
}
