import nodeModule, { createRequire, isBuiltin, syncBuiltinESMExports } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type * as RegisterHooks from 'import-in-the-middle/register-hooks.mjs';
import { isBridge } from '../bridges/bridge.ts';
import { notice } from '../report/notice.ts';
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
  // What the bridges patch is required by its own package, even when that is imported.
  const definitions = instrumentations.filter((each) => !isBridge(each)).flatMap(definitionsOf);
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
  else if (!requiredAsEsModule()) {
    nodeModule.register(pathToFileURL(load.resolve('import-in-the-middle/hook.mjs')), { data: { include } });
  } else {
    const remedy = 'use --import instead, or Node.js 22.22.3, 24.11.1 or newer';
    notice(
      'SONDE_ES_PACKAGES',
      process.versions.node,
      `packages are not instrumented for ES modules, since the preload of --require is one itself: ${remedy}`,
    );
  }
  adoptHookCopies();
}

/** Whether the loader thread, which older versions of Node start for hooks, would end over this preload. */
function requiredAsEsModule(): boolean {
  const flags = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(' ')];
  const required = flags.some((flag) => flag === '-r' || flag.startsWith('--require'));
  return required && !import.meta.url.endsWith('.cjs');
}
