import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly type?: string;
  readonly main?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const maxFileBytes = 16 * 1024 * 1024;

export function readText(file: string): string | undefined {
  try {
    const { size } = statSync(file);
    return size > maxFileBytes ? undefined : readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

export function readManifest(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readText(join(folder, 'package.json')) ?? '') as Manifest;
  } catch {
    return undefined;
  }
}

/** The nearest manifest in a folder or above it. */
export function nearestManifest(from: string): Manifest {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = readManifest(folder);
    if (manifest !== undefined) return manifest;
    if (folder === dirname(folder)) return {};
  }
}

/** Whether Node.js evaluates a file as an ES module. */
export function isModuleFile(file: string, text: string): boolean {
  if (/\.m[jt]s$/.test(file)) return true;
  if (/\.c[jt]s$/.test(file)) return false;
  const { type } = nearestManifest(dirname(file));
  if (type !== undefined) return type === 'module';
  return /^\s*(?:import\s*(?:[\w*{'"]|$)|export\s)/m.test(text) && !/\brequire\s*\(/.test(text);
}
