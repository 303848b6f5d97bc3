import { createRequire, isBuiltin, register as registerAsync, syncBuiltinESMExports } from 'node:module';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type * as RegisterHooks from 'import-in-the-middle/register-hooks.mjs';

const load = createRequire(import.meta.url);

/** The modules that an instrumentation patches, as far as it says so. */
function modulesOf(instrumentation: Instrumentation): string[] {
  const { getModuleDefinitions } = instrumentation as { getModuleDefinitions?: () => { name: string }[] };
  return getModuleDefinitions?.call(instrumentation).map(({ name }) => name) ?? [];
}

/**
 * Lets instrumentations see what ES modules import; CommonJS they see by themselves. Node's own modules are patched
 * at once, for both; only packages that some instrumentation patches need a hook.
 */
export function hookModules(instrumentations: readonly Instrumentation[]): void {
  const names = new Set(instrumentations.flatMap(modulesOf));
  for (const name of names) if (isBuiltin(name)) load(name);
  // A module that something imported before has its exports copied already.
  syncBuiltinESMExports();
  const include = [...names].filter((name) => !isBuiltin(name));
  if (include.length > 0) hookPackages(include);
}

function hookPackages(include: string[]): void {
  // Loaded only where it is used: the loader thread of older versions of Node cannot require it.
  const hooks: typeof RegisterHooks = load('import-in-the-middle/register-hooks.mjs');
  if (hooks.supportsSyncHooks()) hooks.register({ include });
  else registerAsync(load.resolve('import-in-the-middle/hook.mjs'), { data: { include } });
}
