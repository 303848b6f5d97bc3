import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Rolldown } from 'tsdown';

const name = '@opentelemetry/api';
/** A virtual module that exports the names of the API. */
const virtual = `\0installed-api`;

/**
 * Makes ES modules import the installed copy of the API as a whole, and use the bundled copy if the installed one lacks a
 * name: an import of a name that an older version does not export would keep the application from starting.
 */
export function installedApi(): Rolldown.Plugin {
  const load = createRequire(join(process.cwd(), 'package.json'));
  const names = Object.keys(load(name) as object).filter((each) => each !== 'default');
  const bundled = join(dirname(load.resolve(name)), 'index.mjs');
  return {
    name: 'installed-api',
    resolveId: {
      order: 'pre',
      handler(source, importer) {
        if (source !== name) return null;
        return importer === virtual ? { id: name, external: true } : virtual;
      },
    },
    load(id) {
      if (id !== virtual) return null;
      return `
        import * as installed from ${JSON.stringify(name)};
        import * as bundled from ${JSON.stringify(bundled)};
        const isComplete = ${JSON.stringify(names)}.every((name) => name in installed);
        ${names.map((each) => `export const ${each} = isComplete ? installed.${each} : bundled.${each};`).join('\n')}`;
    },
  };
}
