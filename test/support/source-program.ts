import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { packageFlags, Program } from './program.ts';

/**
 * Starts a program that uses the packages from their sources, under its `instrument.mjs` if it has one. Its files are
 * removed after the test.
 *
 * @param files by name; `app.mjs` is what runs
 * @param env added to the environment
 * @example await using program = await sourceProgram(t, { 'app.mjs': `console.log('hello')` });
 */
export async function sourceProgram(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const folder = await mkdtemp(join(import.meta.dirname, '..', '.program-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const preload = 'instrument.mjs' in files ? ['--require', './instrument.mjs'] : [];
  return new Program(process.execPath, [...packageFlags, ...preload, 'app.mjs'], {
    cwd: folder,
    env: { NODE_OPTIONS: '', ...env },
  });
}
