import { existsSync, statSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isModuleFile, readText } from './project-files.ts';
import type { NodeCommand, Preload } from './node-command.ts';

/** The software that starts telemetry. */
type SetUp = 'sonde' | 'upstream' | 'sentry' | 'datadog' | 'elastic';

/** A package or a set-up that a program loads, in the order of evaluation. */
export interface Load {
  readonly file: string;
  readonly line: number;
  /** The package, without its sub-path. */
  readonly package: string;
  readonly setUp: SetUp | undefined;
  readonly preload: Preload | undefined;
  /** Whether an ES module imports it statically: everything of the graph loads before any of it runs. */
  readonly isStatic: boolean;
}

const builtins: ReadonlySet<string> = new Set(builtinModules);
const endings = ['', '.js', '.ts', '.mjs', '.cjs', '.mts', '.cts', '.tsx', '/index.js', '/index.ts'];
const maxFiles = 400;
const load =
  /(?:^|[^.\w$])(?:(import)\s*\(\s*|(require)\s*\(\s*|(?:import|export)\b(?!\s*type\b)[^'";()]*?(?:\bfrom\s*)?)(['"])([^'"\n]+)\3/g;

/** The package of a specifier: `@scope/name/sub` is `@scope/name`. */
function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The set-up that a file starts by loading a package. */
function findSetUp(specifier: string, text: string): SetUp | undefined {
  if (specifier === '@sonde/otel/register') return 'sonde';
  if (specifier === '@sonde/otel') return /\bstart\s*\(/.test(text) ? 'sonde' : undefined;
  if (specifier.startsWith('@opentelemetry/auto-instrumentations-node/register')) return 'upstream';
  if (specifier === '@opentelemetry/sdk-node') return /\bNodeSDK\b/.test(text) ? 'upstream' : undefined;
  if (/^@opentelemetry\/sdk-trace(?:-node|-base)?$/.test(specifier))
    return /\bnew \w*TracerProvider\b/.test(text) ? 'upstream' : undefined;
  if (/^@sentry\/(?:node|nestjs|nextjs|bun)$/.test(specifier))
    return /\binit\s*\(/.test(text) ? 'sentry' : undefined;
  if (/^dd-trace(?:\/init|\/initialize)?/.test(specifier))
    return /\/init|\.init\s*\(/.test(specifier + text) ? 'datadog' : undefined;
  if (specifier.startsWith('@elastic/opentelemetry-node')) return 'elastic';
  return undefined;
}

function findFile(path: string): string | undefined {
  const bare = path.replace(/\.[cm]?js$/, '');
  const typed = ['.ts', '.mts', '.cts', '.tsx'].map((ending) => bare + ending);
  return [...endings.map((ending) => path + ending), ...typed].find(
    (file) => existsSync(file) && statSync(file).isFile(),
  );
}

/** Blanks comments, and keeps lines where they are. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/[^\n]*/g, (comment) =>
    comment.replaceAll(/[^\n]/g, ' '),
  );
}

/** Reads what a command loads: its preloads, then the entry and the files that it loads, depth first. */
export function readLoads(
  directory: string,
  command: NodeCommand | undefined,
  entry: string | undefined,
): Load[] {
  const loads: Load[] = [];
  const seen = new Set<string>();
  const visit = (file: string, preload: Preload | undefined): void => {
    if (seen.has(file) || seen.size >= maxFiles || /[\\/]node_modules[\\/]/.test(file)) return;
    seen.add(file);
    const text = withoutComments(readText(file) ?? '');
    const isModule = isModuleFile(file, text);
    for (const match of text.matchAll(load)) {
      const specifier = match[4] ?? '';
      const isStatic = isModule && match[1] === undefined && match[2] === undefined;
      const line = text.slice(0, (match.index ?? 0) + match[0].indexOf(specifier)).split('\n').length;
      if (/^\.{0,2}\//.test(specifier) || specifier.startsWith('.')) {
        const next = findFile(resolve(dirname(file), specifier));
        if (next !== undefined) visit(next, preload);
      } else {
        const setUp = findSetUp(specifier, text);
        loads.push({
          file,
          line,
          package: packageName(specifier.replace(/^node:/, '')),
          setUp,
          preload,
          isStatic,
        });
      }
    }
  };
  for (const preload of command?.preloads ?? []) {
    const { specifier } = preload;
    if (/^(?:\.|\/|file:)/.test(specifier)) {
      const path = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(directory, specifier);
      const file = findFile(path);
      if (file !== undefined) visit(file, preload);
    } else {
      const file = join(directory, 'package.json');
      loads.push({
        file,
        line: 1,
        package: packageName(specifier),
        setUp: findSetUp(specifier, ''),
        preload,
        isStatic: false,
      });
    }
  }
  if (entry !== undefined) visit(entry, undefined);
  return loads;
}

/** Whether a module is part of Node.js. */
export const isBuiltin = (name: string): boolean => builtins.has(name);

/** Whether a preload can be found. */
export function canResolve(directory: string, { specifier }: Preload): boolean {
  try {
    if (/^(?:\.|\/)/.test(specifier)) return findFile(resolve(directory, specifier)) !== undefined;
    if (/^(?:file|data|node):/.test(specifier)) return true;
    createRequire(join(directory, 'package.json')).resolve(specifier);
    return true;
  } catch (error) {
    // A package for ES modules alone has no entry for require.
    return (error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED';
  }
}
