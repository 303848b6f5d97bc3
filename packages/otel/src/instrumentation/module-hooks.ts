import nodeModule, { isBuiltin, syncBuiltinESMExports } from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation';
import type * as RegisterHooks from 'import-in-the-middle/register-hooks.mjs';
import { isBridge } from '../bridges/bridge.ts';
import { environmentText } from '../config/environment.ts';
import { ownRequire, ownUrl } from '../own-require.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import { guarded, guardedFor } from './guarded.ts';
import { mergeLoadedIitm } from './iitm-dedupe.ts';
import { getDefinitions } from './patch-guard.ts';

/** How the loader finds a file inside a package, wherever that is installed; with or without its extension. */
const fileInModules = (name: string): RegExp =>
  new RegExp(`/node_modules/${name.replaceAll(/[^\w/@-]/g, String.raw`\$&`)}(\\.[cm]?js)?$`);

/** How the loader names a module: a handler of AWS Lambda, for example, is hooked by its absolute path. */
function specifiersOf({ name, files }: InstrumentationModuleDefinition): (string | RegExp)[] {
  if (isBuiltin(name)) return [];
  if (isAbsolute(name)) return [pathToFileURL(name).href];
  return [name, ...files.map((file) => fileInModules(file.name))];
}

/**
 * Lets instrumentations see what ES modules import; CommonJS they see by themselves. Node's own modules are patched
 * at once, for both; only packages that some instrumentation patches need a hook.
 */
export function hookModules(instrumentations: readonly Instrumentation[]): void {
  // What the bridges patch is required by its own package, even when that is imported.
  const definitions = instrumentations.flatMap(
    (each) => guardedFor(each, () => (isBridge(each) ? [] : getDefinitions(each))) ?? [],
  );
  const builtins = new Set(definitions.map(({ name }) => name).filter((name) => isBuiltin(name)));
  for (const name of builtins) guarded(name, () => process.getBuiltinModule(name));
  // A module that something imported before has its exports copied already.
  syncBuiltinESMExports();
  const include = definitions.flatMap(
    (definition) => guarded(definition.name, () => specifiersOf(definition)) ?? [],
  );
  if (include.length > 0) guarded('ES modules', () => hookPackages([...new Set(include)]));
}

function hookPackages(include: (string | RegExp)[]): void {
  const load = ownRequire();
  // Loaded only where it is used: the loader thread of older versions of Node cannot require it.
  const hooks: typeof RegisterHooks = load('import-in-the-middle/register-hooks.mjs');
  if (hooks.supportsSyncHooks()) hooks.register({ include });
  else if (!requiredAsEsModule()) {
    nodeModule.register(pathToFileURL(load.resolve('import-in-the-middle/hook.mjs')), { data: { include } });
  } else {
    const remedy = 'use --import instead, or Node.js 22.22.3, 24.11.1 or newer';
    warnOnce(
      'SONDE_ES_PACKAGES',
      process.versions.node,
      `packages are not instrumented for ES modules, since the preload of --require is one itself: ${remedy}`,
    );
  }
  mergeLoadedIitm();
}

/** Whether the loader thread, which older versions of Node start for hooks, would end over this preload. */
function requiredAsEsModule(): boolean {
  const flags = [...process.execArgv, ...(environmentText('NODE_OPTIONS') ?? '').split(' ')];
  const required = flags.some((flag) => flag === '-r' || flag.startsWith('--require'));
  return required && ownUrl()?.endsWith('.cjs') !== true;
}
