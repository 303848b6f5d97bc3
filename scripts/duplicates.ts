import type { InstalledTree } from './tarballs.ts';

const inside = 'node_modules/';

/** A package that is installed more than once. */
export interface Duplicate {
  readonly name: string;
  readonly copies: readonly {
    readonly version: string;
    /** Path, such as `node_modules/a/node_modules/b`. */
    readonly place: string;
    /** Dependents of this copy, each as `name@version`. */
    readonly dependents: readonly string[];
  }[];
}

/** Packages that must exist once per process: they hold state or patch modules, which copies do not share. */
export function mustBeSingle(name: string): boolean {
  return (
    name.startsWith('@opentelemetry/') || name === 'import-in-the-middle' || name === 'require-in-the-middle'
  );
}

/**
 * Returns packages with several copies in `tree` that `wanted` accepts, sorted by name.
 *
 * @example findDuplicates(await readInstalled(project), mustBeSingle)
 */
export function findDuplicates(tree: InstalledTree, wanted: (name: string) => boolean): Duplicate[] {
  const placesByName = Map.groupBy(Object.keys(tree.packages), packageName);
  return [...placesByName]
    .filter(([name, places]) => wanted(name) && places.length > 1)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, places]) => ({
      name,
      copies: places.map((place) => ({
        version: tree.packages[place]?.version ?? 'unknown',
        place,
        dependents: listDependents(tree, name, place),
      })),
    }));
}

function packageName(place: string): string {
  return place.slice(place.lastIndexOf(inside) + inside.length);
}

function listDependents(tree: InstalledTree, name: string, place: string): string[] {
  return Object.entries(tree.packages)
    .filter(([from, { dependencies, optionalDependencies, peerDependencies }]) => {
      const asks = { ...peerDependencies, ...optionalDependencies, ...dependencies };
      return name in asks && resolve(tree, from, name) === place;
    })
    .map(([from, { version }]) => `${packageName(from)}@${version}`);
}

/** Resolves a package like Node.js: in the nearest `node_modules` upwards. */
function resolve(tree: InstalledTree, from: string, name: string): string | undefined {
  for (let base = from; ; base = base.slice(0, Math.max(base.lastIndexOf(`/${inside}`), 0))) {
    const place = base === '' ? inside + name : `${base}/${inside}${name}`;
    if (place in tree.packages) return place;
    if (base === '') return undefined;
  }
}
