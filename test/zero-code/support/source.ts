import type { Kind } from '../../packaging/loading.ts';

/**
 * A program as a CommonJS or as an ES module.
 *
 * @param uses what it takes from which module: a name for the whole (`express`), or names in braces
 * @example source('mjs', { express: 'express', 'node:events': '{ once }' }, 'express();')
 */
export function source(kind: Kind, uses: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries(uses).map(([module, names]) =>
    kind === 'cjs' ? `const ${names} = require('${module}');` : `import ${names} from '${module}';`,
  );
  const text = lines.join('\n');
  return kind === 'cjs' ? `${text}\n(async () => {\n${body}\n})();\n` : `${text}\n${body}\n`;
}
