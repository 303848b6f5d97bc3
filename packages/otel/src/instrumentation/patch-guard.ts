import { isBuiltin } from 'node:module';
import { isAbsolute } from 'node:path';
import type { Instrumentation, InstrumentationModuleDefinition } from '@opentelemetry/instrumentation';
import { warnOnce } from '../diagnostics/notice.ts';
import { ChannelInstrumentation } from './channels/channel-instrumentation.ts';
import { FrameworkHook } from './frameworks/framework-hook.ts';
import { guardedFor, firstLine } from './guarded.ts';
import { getPackageName } from './package-name.ts';

/** A package that an instrumentation patches. */
export interface PatchTarget {
  /** The patched package: `pg`. */
  readonly packageName: string;
  /** The patching instrumentation: `@opentelemetry/instrumentation-pg`. */
  readonly instrumentationName: string;
  /** The supported version ranges. */
  readonly supportedVersions: Set<string>;
  /** Whether a version of the package reports its operations itself, so that it must not be patched. */
  readonly isCovered: IsCovered;
  isPatched: boolean;
}

type IsCovered = (version: string | undefined) => boolean;

type Patch = (exports: unknown, version?: string) => unknown;

/** An instrumentation with module definitions. */
export interface PatchingPart {
  readonly part: object;
  readonly definitions: readonly InstrumentationModuleDefinition[];
}

/** Returns the parts of an instrumentation: that of redis consists of one for each generation of its versions. */
export function getPatchingParts(instrumentation: Instrumentation): PatchingPart[] {
  return [instrumentation, ...Object.values(instrumentation)].flatMap((part: unknown) => {
    const { _modules: definitions } = (part ?? {}) as { _modules?: unknown };
    return Array.isArray(definitions)
      ? [{ part: part as object, definitions: definitions.filter(isDefinition) }]
      : [];
  });
}

/** Returns the module definitions of an instrumentation, not copies as `getModuleDefinitions()` does. */
export const getDefinitions = (instrumentation: Instrumentation): InstrumentationModuleDefinition[] =>
  getPatchingParts(instrumentation).flatMap(({ definitions }) => definitions);

function isDefinition(value: unknown): value is InstrumentationModuleDefinition {
  const { name, files, supportedVersions } = (value ?? {}) as Partial<InstrumentationModuleDefinition>;
  return typeof name === 'string' && Array.isArray(files) && Array.isArray(supportedVersions);
}

/** Guards one patch: if it throws, the application receives the unpatched module. */
function guard(holder: { patch?: Patch | undefined }, target: PatchTarget): void {
  const { patch } = holder;
  if (patch === undefined) return;
  holder.patch = (exports, version) => {
    target.isPatched = true;
    if (target.isCovered(version)) return exports;
    try {
      return patch.call(holder, exports, version);
    } catch (error) {
      const { packageName, instrumentationName } = target;
      const message = `${packageName} is not instrumented: ${instrumentationName} failed: ${firstLine(error)}`;
      warnOnce('SONDE_NOT_INSTRUMENTED', packageName, message);
      return exports;
    }
  };
}

type OnRequire = (definition: unknown, exports: unknown, ...args: unknown[]) => unknown;

/** The folders of the packages that were loaded with a hook, ES modules included, by name. */
export const hookedPackages: Map<string, string> = new Map();

function rememberPackage(definition: unknown, folder: unknown): void {
  const { name } = (definition ?? {}) as { readonly name?: unknown };
  // A module of a bundle has no folder.
  if (typeof name === 'string' && typeof folder === 'string' && isAbsolute(folder)) {
    hookedPackages.set(getPackageName(name), folder);
  }
}

/** Guards the callback of an instrumentation's require hook, which reads packages before it patches them. */
function guardRequires(instrumentation: Instrumentation): void {
  const { _onRequire: original } = instrumentation as { _onRequire?: OnRequire };
  if (typeof original !== 'function') return;
  const { instrumentationName } = instrumentation;
  const onRequire: OnRequire = function (this: unknown, definition, exports, ...args) {
    try {
      rememberPackage(definition, args[1]);
      return Reflect.apply(original, this, [definition, exports, ...args]);
    } catch (error) {
      const message = `failed to instrument a module with ${instrumentationName}: ${firstLine(error)}`;
      warnOnce('SONDE_NOT_INSTRUMENTED', instrumentationName, message);
      return exports;
    }
  };
  Reflect.set(instrumentation, '_onRequire', onRequire);
}

/**
 * Guards the patches of instrumentations, and records which are applied.
 *
 * @returns the packages to patch, without modules of Node.js
 */
export function guardPatches(instrumentations: readonly Instrumentation[]): PatchTarget[] {
  const targets = new Map<string, PatchTarget>();
  const readers = instrumentations.filter((each) => each instanceof ChannelInstrumentation);
  for (const instrumentation of instrumentations) {
    guardedFor(instrumentation, () => guardInstrumentation(instrumentation, targets, readers));
  }
  return [...targets.values()];
}

function guardInstrumentation(
  instrumentation: Instrumentation,
  targets: Map<string, PatchTarget>,
  readers: readonly ChannelInstrumentation[],
): void {
  const { instrumentationName } = instrumentation;
  guardRequires(instrumentation);
  for (const definition of getDefinitions(instrumentation)) {
    const packageName = getPackageName(definition.name);
    const key = `${instrumentationName} ${packageName}`;
    const target = targets.get(key) ?? {
      packageName,
      instrumentationName,
      supportedVersions: new Set(),
      isCovered: (version) => readers.some((reader) => reader.covers(packageName, version)),
      isPatched: false,
    };
    // A framework without its routes still has spans.
    const isVerified = !(instrumentation instanceof FrameworkHook);
    if (isVerified && !isBuiltin(definition.name) && !isAbsolute(definition.name)) targets.set(key, target);
    for (const range of definition.supportedVersions) target.supportedVersions.add(range);
    for (const holder of [definition, ...definition.files]) guard(holder, target);
  }
}
