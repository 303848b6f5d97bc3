import { isBuiltin } from 'node:module';
import { isAbsolute } from 'node:path';
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation';
import { notice } from '../report/notice.ts';
import { packageOf } from './package-name.ts';

/** What an instrumentation wants to patch. */
export interface Target {
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
export function definitionsOf(instrumentation: Instrumentation): InstrumentationModuleDefinition[] {
  const { _modules: definitions } = instrumentation as { _modules?: InstrumentationModuleDefinition[] };
  return definitions ?? [];
}

/** Makes one patch harmless: when it throws, the module goes to the application as it is. */
function guard(holder: { patch?: Patch | undefined }, target: Target): void {
  const { patch } = holder;
  if (patch === undefined) return;
  holder.patch = (exports, version) => {
    target.isPatched = true;
    try {
      return patch.call(holder, exports, version);
    } catch (error) {
      const { packageName, instrumentationName } = target;
      const message = `${packageName} is not instrumented: ${instrumentationName} failed: ${String(error)}`;
      notice('SONDE_NOT_INSTRUMENTED', packageName, message);
      return exports;
    }
  };
}

/**
 * Watches the patches of instrumentations: none harms the application, and each is noted.
 *
 * @returns the packages to patch, Node's own modules left out
 */
export function watchPatches(instrumentations: readonly Instrumentation[]): Target[] {
  const targets = new Map<string, Target>();
  for (const instrumentation of instrumentations) {
    const { instrumentationName } = instrumentation;
    for (const definition of definitionsOf(instrumentation)) {
      const packageName = packageOf(definition.name);
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
  return [...targets.values()];
}
