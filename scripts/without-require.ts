import { isBuiltin } from 'node:module';
import type { Rolldown } from 'tsdown';

const call = /\brequire\((['"])([^'"]+)\1\)/g;
const upstreamHelper = /^import \{ __require \} from .*$/m;
const upstreamUse = /^const (\w+) = __require\("([^"]+)"\);$/gm;

/** What `require-in-the-middle` does with the `require` of its own file, done with the class that it loads anyway. */
const ofModule = [
  [/\brequire\.cache\b/g, 'Module._cache'],
  [/\brequire\.resolve\((\w+), (\{ paths: \[\w+\] \})\)/g, 'Module._resolveFilename($1, null, false, $2)'],
] as const;

/**
 * Leaves no `require` in a bundle of ES modules. For each the bundler makes one at the top, of `import.meta.url`, which
 * fails in an application that is bundled again, into CommonJS; and that bundler cannot follow it.
 */
export function withoutRequire(): Rolldown.Plugin {
  return {
    name: 'without-require',
    transform(code, id) {
      if (/\.c?js$/.test(id)) {
        let text = code.replaceAll(call, (whole, _quote, name: string) =>
          isBuiltin(name) ? `process.getBuiltinModule('${name}')` : whole,
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
      if (made !== null) throw new Error(`${fileName} makes a require at the top: see what it is for`);
      return null;
    },
  };
}
