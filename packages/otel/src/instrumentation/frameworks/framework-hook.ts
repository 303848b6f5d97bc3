import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { version } from '../../version.ts';

/** A file or the main module of a package, and what is changed in it. */
export interface ModuleHook {
  /** The package and the path of the file: `koa/lib/context.js`. Without a path, the main module. */
  readonly file: string;
  readonly versions: readonly string[];
  /** Returns the exports: the same object, or another one in its place. */
  readonly patch: (exports: unknown) => unknown;
}

/**
 * Reports routes and errors of a framework on the span of its request. It creates no spans.
 *
 * The hooks are for modules that their package loads by `require`, even if the package is imported.
 */
export class FrameworkHook extends InstrumentationBase {
  /** Whether the hooks are for ES modules too. */
  hooksEsModules: boolean = false;

  constructor(name: string, hooks: readonly ModuleHook[]) {
    super(`@sonde/instrumentation-${name}`, version, { hooks } as never);
  }

  // The base class calls it before fields are set.
  protected override init(): InstrumentationNodeModuleDefinition[] {
    const { hooks } = this.getConfig() as unknown as { readonly hooks: readonly ModuleHook[] };
    const definitions = new Map<string, InstrumentationNodeModuleDefinition>();
    for (const { file, versions, patch } of hooks) {
      const parts = file.split('/');
      const packageName = parts.slice(0, file.startsWith('@') ? 2 : 1).join('/');
      const definition =
        definitions.get(packageName) ?? new InstrumentationNodeModuleDefinition(packageName, [...versions]);
      definitions.set(packageName, definition);
      if (file === packageName) definition.patch = patch;
      else definition.files.push(new InstrumentationNodeModuleFile(file, [...versions], patch, () => {}));
    }
    return [...definitions.values()];
  }
}

/** A hook for a package that is loaded as ES modules. Hooks of ES modules slow the start of a program down. */
export class EsmFrameworkHook extends FrameworkHook {
  override hooksEsModules: boolean = true;
}
