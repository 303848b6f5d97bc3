import nodeModule, { isBuiltin, syncBuiltinESMExports } from 'node:module';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation';
import type * as RegisterHooks from 'import-in-the-middle/register-hooks.mjs';
import { isBridge } from '../bridges/bridge.ts';
import { environmentText } from '../config/environment.ts';
import { warnOnce } from '../diagnostics/notice.ts';
import { FrameworkHook } from './frameworks/framework-hook.ts';
import { guarded, guardedFor } from './guarded.ts';
import { hasIitm, mergeLoadedIitm } from './iitm-dedupe.ts';
import { getDefinitions } from './patch-guard.ts';
import { ownRequire, ownUrl } from '@sonde/sdk';

/** Matches a file of a package, in any `node_modules`, with or without its extension. */
const fileInModules = (name: string): RegExp =>
  new RegExp(`/node_modules/${name.replaceAll(/[^\w/@-]/g, String.raw`\$&`)}(\\.[cm]?js)?$`);

/** Returns the specifiers of a module; absolute paths, such as handlers of AWS Lambda, become URLs. */
function getSpecifiers({ name, files }: InstrumentationModuleDefinition): (string | RegExp)[] {
  if (isBuiltin(name)) return [];
  if (isAbsolute(name)) return [pathToFileURL(name).href];
  return [name, ...files.map((file) => fileInModules(file.name))];
}

/** Whether an instrumentation changes only modules that are loaded by `require`, even if their package is imported. */
const isForRequire = (instrumentation: Instrumentation): boolean =>
  isBridge(instrumentation) || (instrumentation instanceof FrameworkHook && !instrumentation.hooksEsModules);

/**
 * Hooks ES modules for instrumentations, which hook CommonJS themselves. Modules of Node.js are patched immediately for
 * both; only packages with an instrumentation need a hook.
 */
export function hookModules(instrumentations: readonly Instrumentation[]): void {
  const definitions = instrumentations.flatMap(
    (each) => guardedFor(each, () => (isForRequire(each) ? [] : getDefinitions(each))) ?? [],
  );
  const builtins = new Set(definitions.map(({ name }) => name).filter((name) => isBuiltin(name)));
  for (const name of builtins) guarded(name, () => process.getBuiltinModule(name));
  // Updates ES modules that were imported before.
  syncBuiltinESMExports();
  const include = definitions.flatMap(
    (definition) => guarded(definition.name, () => getSpecifiers(definition)) ?? [],
  );
  if (include.length > 0 && hasIitm()) guarded('ES modules', () => hookPackages([...new Set(include)]));
}

function hookPackages(include: (string | RegExp)[]): void {
  const load = ownRequire();
  // Loaded on use: the loader thread of older Node.js versions cannot require it.
  const hooks: typeof RegisterHooks = load('import-in-the-middle/register-hooks.mjs');
  if (hooks.supportsSyncHooks()) hooks.register({ include });
  else if (!requiredAsEsModule()) {
    nodeModule.register(pathToFileURL(load.resolve('import-in-the-middle/hook.mjs')), { data: { include } });
  } else {
    const remedy = 'use --import instead, or Node.js 22.22.3, 24.11.1 or newer';
    warnOnce(
      'SONDE_ES_PACKAGES',
      process.versions.node,
      `packages loaded as ES modules are not instrumented, because --require preloads an ES module: ${remedy}`,
    );
  }
  mergeLoadedIitm();
}

/** Whether this preload would end the loader thread, which older Node.js versions start for hooks. */
function requiredAsEsModule(): boolean {
  const flags = [...process.execArgv, ...(environmentText('NODE_OPTIONS') ?? '').split(' ')];
  const required = flags.some((flag) => flag === '-r' || flag.startsWith('--require'));
  return required && ownUrl()?.endsWith('.cjs') !== true;
}
