import { createRequire, register as registerAsync } from 'node:module';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { register as registerSync, supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs';

const load = createRequire(import.meta.url);

/** The modules that an instrumentation patches, as far as it says so. */
function modulesOf(instrumentation: Instrumentation): string[] {
  const { getModuleDefinitions } = instrumentation as { getModuleDefinitions?: () => { name: string }[] };
  return getModuleDefinitions?.call(instrumentation).map(({ name }) => name) ?? [];
}

/**
 * Lets instrumentations see what ES modules import; CommonJS they see by themselves. Only the modules that some
 * instrumentation patches are intercepted.
 */
export function hookModules(instrumentations: readonly Instrumentation[]): void {
  const include = [...new Set(instrumentations.flatMap(modulesOf))];
  if (include.length === 0) return;
  if (supportsSyncHooks()) registerSync({ include });
  else registerAsync(load.resolve('import-in-the-middle/hook.mjs'), { data: { include } });
}
