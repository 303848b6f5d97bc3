import type * as ImportInTheMiddle from 'import-in-the-middle';
import { ownRequire } from '../own-require.ts';

type HookClass = typeof ImportInTheMiddle.Hook;

/**
 * Stands for the class of import-in-the-middle where this package is built: its copy is loaded when a hook is made, and
 * a bundle that is run without it hooks nothing.
 */
export const Hook = function (this: unknown, ...given: ConstructorParameters<HookClass>): object | undefined {
  let loaded: typeof ImportInTheMiddle;
  try {
    loaded = ownRequire()('import-in-the-middle') as typeof ImportInTheMiddle;
  } catch {
    return undefined;
  }
  return new loaded.Hook(...given);
} as unknown as HookClass;
