import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation';
import { bundleRegistry } from '../bundler/registry.ts';
import { guarded, guardedFor } from './guarded.ts';
import { getPackageName } from './package-name.ts';
import { getPatchingParts } from './patch-guard.ts';

/** An instrumentation, with the private methods of upstream's base class that its own hooks of modules call. */
interface Patcher {
  readonly _onRequire?: (
    definition: InstrumentationModuleDefinition,
    exports: unknown,
    name: string,
    folder: string,
  ) => unknown;
}

/** It reads the package.json in the folder of a module, which a module of a bundle does not have. */
const readVersion = '_extractPackageVersion';

interface Patch {
  readonly part: Patcher;
  readonly definition: InstrumentationModuleDefinition;
}

function applyPatch({ part, definition }: Patch, exports: unknown, name: string, version: string): unknown {
  const { _onRequire: onRequire } = part;
  if (typeof onRequire !== 'function') return exports;
  Object.defineProperty(part, readVersion, { value: () => version, configurable: true });
  try {
    return onRequire.call(part, definition, exports, name, name);
  } finally {
    Reflect.deleteProperty(part, readVersion);
  }
}

/** Applies instrumentations to the modules of a bundle that a bundler plug-in has marked. */
export function hookBundle(instrumentations: readonly Instrumentation[]): void {
  const patches = instrumentations.flatMap(
    (each) =>
      guardedFor(each, () =>
        getPatchingParts(each).flatMap(({ part, definitions }) =>
          definitions.map((definition): Patch => ({ part: part as Patcher, definition })),
        ),
      ) ?? [],
  );
  const byPackage = Map.groupBy(patches, ({ definition }) => getPackageName(definition.name));
  const registry = bundleRegistry();
  const earlier = registry.hook;
  registry.hook = (original, packageName, version, name) => {
    const exports = earlier?.(original, packageName, version, name) ?? original;
    return (byPackage.get(packageName) ?? []).reduce(
      (patched, patch) => guarded(packageName, () => applyPatch(patch, patched, name, version)) ?? patched,
      exports,
    );
  };
}
