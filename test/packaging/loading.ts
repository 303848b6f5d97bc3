/** How a program is written: as a CommonJS module, or as an ES module. */
export type Kind = 'cjs' | 'mjs';

export const kinds: readonly Kind[] = ['cjs', 'mjs'];

/**
 * Writes a program that uses names of modules: with `require` as CommonJS, with `import` as an ES module.
 *
 * @example program('mjs', { 'node:http': ['createServer'] }, 'createServer().listen(0);')
 */
export function program(kind: Kind, uses: Readonly<Record<string, readonly string[]>>, body: string): string {
  const lines = Object.entries(uses).map(([module, names]) =>
    kind === 'cjs'
      ? `const { ${names.join(', ')} } = require('${module}');`
      : `import { ${names.join(', ')} } from '${module}';`,
  );
  return kind === 'cjs'
    ? `${lines.join('\n')}\n(async () => {\n${body}\n})();\n`
    : `${lines.join('\n')}\n${body}\n`;
}

/** A package.json that makes the `.js` files of a project modules of this kind. */
export const manifest = (kind: Kind): string =>
  JSON.stringify({ name: 'consumer', version: '1.2.3', type: kind === 'cjs' ? 'commonjs' : 'module' });
