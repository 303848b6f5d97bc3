import { createRequire, isBuiltin, register as registerAsync, syncBuiltinESMExports } from 'node:module';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type * as RegisterHooks from 'import-in-the-middle/register-hooks.mjs';
import { adoptHookCopies } from './hook-copies.ts';
import { definitionsOf } from './patches.ts';

const load = createRequire(import.meta.url);

/** How the loader finds a file inside a package, wherever that is installed; with or without its extension. */
const fileInModules = (name: string): RegExp =>
  new RegExp(`/node_modules/${name.replaceAll(/[^\w/@-]/g, String.raw`\$&`)}(\\.[cm]?js)?$`);

/**
 * Lets instrumentations see what ES modules import; CommonJS they see by themselves. Node's own modules are patched
 * at once, for both; only packages that some instrumentation patches need a hook.
 */
export function hookModules(instrumentations: readonly Instrumentation[]): void {
  const definitions = instrumentations.flatMap(definitionsOf);
  const names = new Set(definitions.map(({ name }) => name));
  for (const name of names) if (isBuiltin(name)) load(name);
  // A module that something imported before has its exports copied already.
  syncBuiltinESMExports();
  const files = new Set(definitions.flatMap((definition) => definition.files.map(({ name }) => name)));
  const include = [...[...names].filter((name) => !isBuiltin(name)), ...[...files].map(fileInModules)];
  if (include.length > 0) hookPackages(include);
}

function hookPackages(include: (string | RegExp)[]): void {
  // Loaded only where it is used: the loader thread of older versions of Node cannot require it.
  const hooks: typeof RegisterHooks = load('import-in-the-middle/register-hooks.mjs');
  if (hooks.supportsSyncHooks()) hooks.register({ include });
  else registerAsync(load.resolve('import-in-the-middle/hook.mjs'), { data: { include } });
  adoptHookCopies();
}
