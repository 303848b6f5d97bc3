import { isBuiltin } from 'node:module';
import type { Rolldown } from 'tsdown';

const call = /\brequire\((['"])([^'"]+)\1\)/g;
const upstreamHelper = /^import \{ __require \} from .*$/m;
const upstreamUse = /^const (\w+) = __require\("([^"]+)"\);$/gm;

/** Value of a module on versions of Node.js that cannot be asked for one: the package loads there, and does nothing. */
const unsupported = `new Proxy({}, { get: (_, name) => (name === 'prototype' ? {} : () => () => {}) })`;

/** Replaces the use of `require` in `require-in-the-middle` with the module class that it already loads. */
const ofModule = [
  [/\brequire\.cache\b/g, 'Module._cache'],
  [/\brequire\.resolve\((\w+), (\{ paths: \[\w+\] \})\)/g, 'Module._resolveFilename($1, null, false, $2)'],
] as const;

/**
 * Removes `require` from bundles of ES modules. The bundler would create it with `import.meta.url` at the top, which
 * fails if the application is bundled again into CommonJS, where that bundler cannot resolve it.
 */
export function withoutRequire(): Rolldown.Plugin {
  return {
    name: 'without-require',
    transform(code, id) {
      if (/\.c?js$/.test(id)) {
        let text = code.replaceAll(call, (whole, _quote, name: string) =>
          isBuiltin(name) ? `(process.getBuiltinModule?.('${name}') ?? ${unsupported})` : whole,
        );
        if (id.includes('/require-in-the-middle/')) {
          for (const [from, to] of ofModule) text = text.replaceAll(from, to);
        }
        return { code: text, map: null };
      }
      if (!upstreamHelper.test(code)) return null;
      return {
        code: code.replace(upstreamHelper, '').replaceAll(upstreamUse, "import $1 from '$2';"),
        map: null,
      };
    },
    renderChunk(code, { fileName }) {
      const made = code.match(/createRequire\(import\.meta\.url\)/);
      if (made !== null) throw new Error(`${fileName} creates a top-level require: remove its cause`);
      return null;
    },
  };
}
