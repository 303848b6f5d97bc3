import type { InstalledTree } from './tarballs.ts';

const inside = 'node_modules/';

/** A package that is installed more than once. */
export interface Duplicate {
  readonly name: string;
  readonly copies: readonly {
    readonly version: string;
    /** Where it is: `node_modules/a/node_modules/b`. */
    readonly place: string;
    /** Who gets this copy, each as `name@version`. */
    readonly dependents: readonly string[];
  }[];
}

/** Must exist once in a process: each holds state or patches modules, and two copies do not see each other. */
export function mustBeSingle(name: string): boolean {
  return (
    name.startsWith('@opentelemetry/') || name === 'import-in-the-middle' || name === 'require-in-the-middle'
  );
}

/**
 * The packages accepted by `wanted` of which `tree` has several copies, in order of name.
 *
 * @example findDuplicates(await readInstalled(project), mustBeSingle)
 */
export function findDuplicates(tree: InstalledTree, wanted: (name: string) => boolean): Duplicate[] {
  const placesByName = Map.groupBy(Object.keys(tree.packages), nameOf);
  return [...placesByName]
    .filter(([name, places]) => wanted(name) && places.length > 1)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, places]) => ({
      name,
      copies: places.map((place) => ({
        version: tree.packages[place]?.version ?? 'unknown',
        place,
        dependents: dependentsOf(tree, name, place),
      })),
    }));
}

function nameOf(place: string): string {
  return place.slice(place.lastIndexOf(inside) + inside.length);
}

function dependentsOf(tree: InstalledTree, name: string, place: string): string[] {
  return Object.entries(tree.packages)
    .filter(([from, { dependencies, optionalDependencies, peerDependencies }]) => {
      const asks = { ...peerDependencies, ...optionalDependencies, ...dependencies };
      return name in asks && resolve(tree, from, name) === place;
    })
    .map(([from, { version }]) => `${nameOf(from)}@${version}`);
}

/** Node's own look-up: the nearest `node_modules` upwards that holds the package. */
function resolve(tree: InstalledTree, from: string, name: string): string | undefined {
  for (let base = from; ; base = base.slice(0, Math.max(base.lastIndexOf(`/${inside}`), 0))) {
    const place = base === '' ? inside + name : `${base}/${inside}${name}`;
    if (place in tree.packages) return place;
    if (base === '') return undefined;
  }
}
