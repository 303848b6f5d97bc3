import type * as ImportInTheMiddle from 'import-in-the-middle';
import { warnOnce } from '../diagnostics/notice.ts';
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
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code !== 'MODULE_NOT_FOUND') {
      const reason = error instanceof Error ? error.message : 'unknown error';
      warnOnce(
        'SONDE_ES_PACKAGES',
        'import-in-the-middle',
        `ES modules are not instrumented: import-in-the-middle cannot be loaded: ${reason}; reinstall it`,
      );
    }
    return undefined;
  }
  return new loaded.Hook(...given);
} as unknown as HookClass;
