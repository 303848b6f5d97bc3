import { isBuiltin } from 'node:module';
import { isAbsolute } from 'node:path';
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation';
import { warnOnce } from '../diagnostics/notice.ts';
import { guardedFor, reasonOf } from './guarded.ts';
import { getPackageName } from './package-name.ts';

/** What an instrumentation wants to patch. */
export interface PatchTarget {
  /** The package that is patched: `pg`. */
  readonly packageName: string;
  /** Who patches it: `@opentelemetry/instrumentation-pg`. */
  readonly instrumentationName: string;
  /** The versions that it knows, as ranges. */
  readonly supportedVersions: Set<string>;
  isPatched: boolean;
}

type Patch = (exports: unknown, version?: string) => unknown;

/** The modules that an instrumentation patches, as far as it says so: `getModuleDefinitions()` would give copies. */
export function getDefinitions(instrumentation: Instrumentation): InstrumentationModuleDefinition[] {
  const { _modules: definitions } = instrumentation as { _modules?: unknown };
  return Array.isArray(definitions) ? definitions.filter(isDefinition) : [];
}

function isDefinition(value: unknown): value is InstrumentationModuleDefinition {
  const { name, files, supportedVersions } = (value ?? {}) as Partial<InstrumentationModuleDefinition>;
  return typeof name === 'string' && Array.isArray(files) && Array.isArray(supportedVersions);
}

/** Makes one patch harmless: when it throws, the module goes to the application as it is. */
function guard(holder: { patch?: Patch | undefined }, target: PatchTarget): void {
  const { patch } = holder;
  if (patch === undefined) return;
  holder.patch = (exports, version) => {
    target.isPatched = true;
    try {
      return patch.call(holder, exports, version);
    } catch (error) {
      const { packageName, instrumentationName } = target;
      const message = `${packageName} is not instrumented: ${instrumentationName} failed: ${reasonOf(error)}`;
      warnOnce('SONDE_NOT_INSTRUMENTED', packageName, message);
      return exports;
    }
  };
}

type OnRequire = (definition: unknown, exports: unknown, ...rest: unknown[]) => unknown;

/** Makes the callback of an instrumentation's require hook harmless: it looks at packages before it patches them. */
function guardRequires(instrumentation: Instrumentation): void {
  const { _onRequire: original } = instrumentation as { _onRequire?: OnRequire };
  if (typeof original !== 'function') return;
  const { instrumentationName } = instrumentation;
  const onRequire: OnRequire = function (this: unknown, definition, exports, ...rest) {
    try {
      return Reflect.apply(original, this, [definition, exports, ...rest]);
    } catch (error) {
      const message = `failed to instrument a module with ${instrumentationName}: ${reasonOf(error)}`;
      warnOnce('SONDE_NOT_INSTRUMENTED', instrumentationName, message);
      return exports;
    }
  };
  Reflect.set(instrumentation, '_onRequire', onRequire);
}

/**
 * Watches the patches of instrumentations: none harms the application, and each is noted.
 *
 * @returns the packages to patch, Node's own modules left out
 */
export function guardPatches(instrumentations: readonly Instrumentation[]): PatchTarget[] {
  const targets = new Map<string, PatchTarget>();
  for (const instrumentation of instrumentations) {
    guardedFor(instrumentation, () => watch(instrumentation, targets));
  }
  return [...targets.values()];
}

function watch(instrumentation: Instrumentation, targets: Map<string, PatchTarget>): void {
  const { instrumentationName } = instrumentation;
  guardRequires(instrumentation);
  for (const definition of getDefinitions(instrumentation)) {
    const packageName = getPackageName(definition.name);
    const key = `${instrumentationName} ${packageName}`;
    const target = targets.get(key) ?? {
      packageName,
      instrumentationName,
      supportedVersions: new Set(),
      isPatched: false,
    };
    if (!isBuiltin(definition.name) && !isAbsolute(definition.name)) targets.set(key, target);
    for (const range of definition.supportedVersions) target.supportedVersions.add(range);
    for (const holder of [definition, ...definition.files]) guard(holder, target);
  }
}
