import { type DirectExport, type Export, init, parse, type Reexport } from 'es-module-lexer';
import { hookedEsModules } from './hooked-packages.ts';
import type { PackageFile } from './package-file.ts';
import { registryKey } from './registry.ts';

const json = JSON.stringify;

/** Returns statements that mark the package as loaded, with `hook` for the case that Sonde has started. */
function mark({ packageName, version }: PackageFile, hook: string): string {
  const registry = `globalThis[Symbol.for(${json(registryKey)})]??={packages:{}}`;
  return `;{const b=${registry};b.packages[${json(packageName)}]=${json(version)};${hook}}\n`;
}

const callHook = (exports: string, { packageName, version, name }: PackageFile): string =>
  `b.hook(${exports},${json(packageName)},${json(version)},${json(name)})`;

const isIdentifier = (name: string): boolean => /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name);

/** Whether a module may assign to one of its names: constants and imports cannot be replaced. */
function isAssignable(name: string, code: string, imports: string): boolean {
  const escaped = name.replaceAll('$', String.raw`\$`);
  const word = String.raw`(?<![\w$])${escaped}(?![\w$])`;
  const declaration = String.raw`^(?:export\s+(?:default\s+)?)?(?:var|let|class|(?:async\s+)?function\s*\*?)\s+${escaped}(?![\w$])`;
  return (
    new RegExp(declaration, 'm').test(code) &&
    !new RegExp(String.raw`\bconst\s+${word}`).test(code) &&
    !new RegExp(word).test(imports)
  );
}

/** Returns the name that `export default name` exports; undefined for another expression. */
const getDefaultName = ({ exportStart }: DirectExport, code: string): string | undefined =>
  /^export\s+default\s+([\w$]+)\s*(?:;|$)/m.exec(code.slice(exportStart))?.[1];

interface Members {
  readonly imports: string[];
  readonly accessors: string[];
}

/** Returns accessors for the exports, which hooks read and replace, and the imports that they need. */
function listMembers(code: string, exports: readonly Export[], importClauses: string): Members {
  const members: Members = { imports: [], accessors: [] };
  const addReexport = ({ from, importName, name }: Reexport, index: number): void => {
    if (importName === null || !isIdentifier(importName)) return;
    const alias = `sonde_${index}`;
    members.imports.push(`import{${importName} as ${alias}}from${json(from)};`);
    members.accessors.push(`get ${json(name)}(){return ${alias}}`);
  };
  for (const [index, each] of exports.entries()) {
    if (each.type === 'reexport') addReexport(each, index);
    else if (each.type === 'direct' && !each.typeOnly) {
      const { localName, name } = each;
      const readName = localName ?? getDefaultName(each, code);
      if (readName === undefined) continue;
      members.accessors.push(`get ${json(name)}(){return ${readName}}`);
      // The default export keeps the value of an expression.
      if (localName !== undefined && isAssignable(localName, code, importClauses)) {
        members.accessors.push(`set ${json(name)}(v){${localName}=v}`);
      }
    }
  }
  return members;
}

function addToEsModule(
  code: string,
  file: PackageFile,
  [imports, exports]: ReturnType<typeof parse>,
): string {
  const isHooked = file.name === file.packageName || hookedEsModules.has(file.name);
  const clauses = imports.map(({ importStart, importEnd }) => code.slice(importStart, importEnd)).join('\n');
  const members = isHooked ? listMembers(code, exports, clauses) : { imports: [], accessors: [] };
  if (members.accessors.length === 0) return `${code}\n${mark(file, '')}`;
  const namespace = `{${members.accessors.join()},[Symbol.toStringTag]:"Module"}`;
  const hook = `if(b.hook)${callHook(namespace, file)}`;
  return `${code}\n${members.imports.join('')}${mark(file, hook)}`;
}

/**
 * Returns the code of a module that gives its exports to Sonde when it is loaded. The code is appended, so positions in source
 * maps stay right. Undefined if the module cannot be parsed.
 */
export async function addHook(code: string, file: PackageFile): Promise<string | undefined> {
  await init();
  let lexed: ReturnType<typeof parse>;
  try {
    lexed = parse(code);
  } catch {
    return undefined;
  }
  const [, , , hasModuleSyntax] = lexed;
  if (hasModuleSyntax) return addToEsModule(code, file, lexed);
  return `${code}\n${mark(file, `if(b.hook)module.exports=${callHook('module.exports', file)}`)}`;
}
