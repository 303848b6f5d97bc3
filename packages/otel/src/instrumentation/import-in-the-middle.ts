import type * as ImportInTheMiddle from 'import-in-the-middle';
import { warnOnce } from '../diagnostics/notice.ts';
import { ownRequire } from '@sonde/sdk';

type HookClass = typeof ImportInTheMiddle.Hook;

/**
 * Replaces the `Hook` class of import-in-the-middle in the build. The package is loaded when a hook is created; a bundle
 * without it creates no hooks.
 */
export const Hook = function (this: unknown, ...args: ConstructorParameters<HookClass>): object | undefined {
  let loaded: typeof ImportInTheMiddle;
  try {
    loaded = ownRequire()('import-in-the-middle') as typeof ImportInTheMiddle;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code !== 'MODULE_NOT_FOUND') {
      const reason = error instanceof Error ? error.message : 'unknown error';
      warnOnce(
        'SONDE_ES_PACKAGES',
        'import-in-the-middle',
        `ES modules are not instrumented: cannot load import-in-the-middle: ${reason}; reinstall it`,
      );
    }
    return undefined;
  }
  return new loaded.Hook(...args);
} as unknown as HookClass;
