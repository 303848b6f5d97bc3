import nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { ownRequire } from '@sonde/sdk';

const marker = '/node_modules/import-in-the-middle/';

/** The files that contain the state of import-in-the-middle, which all copies must share. */
const stateFiles: ReadonlySet<string> = new Set(['index.js', 'lib/register.js']);

type Hook = (...module: unknown[]) => void;

/** The exports of `lib/register.js` of import-in-the-middle. */
interface Registry {
  readonly importHooks: Hook[];
  readonly specifiers: Map<string, string>;
}

/** Whether import-in-the-middle is installed. A bundle can run where nothing is: it loads no ES modules of packages. */
export function hasIitm(): boolean {
  try {
    ownRequire().resolve('import-in-the-middle');
    return true;
  } catch {
    return false;
  }
}

/**
 * Redirects later loads of other copies of import-in-the-middle to Sonde's copy, for CommonJS and ES modules: of several
 * copies, only the first receives modules.
 */
export function redirectToOwnIitm(): void {
  if (!hasIitm()) return;
  const ownFolder = pathToFileURL(ownRequire().resolve('import-in-the-middle')).href.slice(
    0,
    -'index.js'.length,
  );
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      // Other hooks may return invalid results.
      const start = typeof resolved?.url === 'string' ? resolved.url.lastIndexOf(marker) : -1;
      if (start === -1 || resolved.url.startsWith(ownFolder)) return resolved;
      const file = resolved.url.slice(start + marker.length);
      return stateFiles.has(file) ? { ...resolved, url: ownFolder + file } : resolved;
    },
  });
}

/** Adds the present and future hooks of copies that are already loaded to Sonde's copy. */
export function mergeLoadedIitm(): void {
  const load = ownRequire();
  const ending = `${marker}lib/register.js`;
  const ownPath = load.resolve('import-in-the-middle').replace('index.js', 'lib/register.js');
  const paths = Object.keys(load.cache).filter(
    (path) => path !== ownPath && path.replaceAll('\\', '/').endsWith(ending),
  );
  if (paths.length === 0) return;
  const { addHook } = load('import-in-the-middle') as { addHook: (hook: Hook) => void };
  const { specifiers } = load(ownPath) as Registry;
  for (const path of paths) {
    // From the cache, because `require` is redirected.
    const copy = load.cache[path]?.exports as Registry;
    copy.specifiers.get = (url) => specifiers.get(url);
    for (const hook of copy.importHooks) addHook(hook);
    copy.importHooks.push = (...hooks) => {
      hooks.forEach(addHook);
      return hooks.length;
    };
  }
}
