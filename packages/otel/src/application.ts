import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

/** The parts of a package.json that matter here. */
interface Package {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly type?: unknown;
}

function packageIn(folder: string): Package | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;
  } catch {
    return undefined;
  }
}

/** The package.json nearest to the program that runs; empty when there is none. */
export function applicationPackage(): Package {
  let folder = dirname(process.argv[1] ?? join(process.cwd(), 'repl'));
  for (;;) {
    const found = packageIn(folder);
    if (found !== undefined) return found;
    const parent = dirname(folder);
    if (parent === folder) return {};
    folder = parent;
  }
}

/** Which module system the program that runs is written for. */
export function moduleKind(): 'cjs' | 'esm' {
  const extension = extname(process.argv[1] ?? '');
  if (extension === '.mjs' || extension === '.mts') return 'esm';
  if (extension === '.cjs' || extension === '.cts') return 'cjs';
  return applicationPackage().type === 'module' ? 'esm' : 'cjs';
}
