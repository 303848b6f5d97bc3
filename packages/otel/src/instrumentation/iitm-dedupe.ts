import nodeModule from 'node:module';
import { pathToFileURL } from 'node:url';
import { ownRequire } from '../own-require.ts';

const marker = '/node_modules/import-in-the-middle/';

/** The files of a copy that carry its state, which all copies must share. */
const shared: ReadonlySet<string> = new Set(['index.js', 'lib/register.js']);

type Hook = (...module: unknown[]) => void;

/** What `lib/register.js` of import-in-the-middle keeps. */
interface Registry {
  readonly importHooks: Hook[];
  readonly specifiers: Map<string, string>;
}

/**
 * Lets every copy of import-in-the-middle that is loaded from now on be ours: each copy hooks modules for itself, and
 * of several only the first sees any. CommonJS and ES modules alike.
 */
export function redirectToOwnIitm(): void {
  const own = pathToFileURL(ownRequire().resolve('import-in-the-middle')).href.slice(0, -'index.js'.length);
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      // Other hooks may give anything.
      const at = typeof resolved?.url === 'string' ? resolved.url.lastIndexOf(marker) : -1;
      if (at === -1 || resolved.url.startsWith(own)) return resolved;
      const file = resolved.url.slice(at + marker.length);
      return shared.has(file) ? { ...resolved, url: own + file } : resolved;
    },
  });
}

/** Gives the hooks of copies that were loaded before to ours: those that exist, and those that are still to come. */
export function mergeLoadedIitm(): void {
  const load = ownRequire();
  const ending = `${marker}lib/register.js`;
  const own = load.resolve('import-in-the-middle').replace('index.js', 'lib/register.js');
  const paths = Object.keys(load.cache).filter(
    (path) => path !== own && path.replaceAll('\\', '/').endsWith(ending),
  );
  if (paths.length === 0) return;
  const { addHook } = load('import-in-the-middle') as { addHook: (hook: Hook) => void };
  const { specifiers } = load(own) as Registry;
  for (const path of paths) {
    // Not by require: that is redirected.
    const copy = load.cache[path]?.exports as Registry;
    copy.specifiers.get = (url) => specifiers.get(url);
    for (const hook of copy.importHooks) addHook(hook);
    copy.importHooks.push = (...hooks) => {
      hooks.forEach(addHook);
      return hooks.length;
    };
  }
}
