import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

const cache = join(import.meta.dirname, '..', '..', '.cache');

/** A command, its arguments, and the folder it runs in. */
export type BuildCommand = readonly [command: string, args: readonly string[], cwd: string];

/**
 * A folder of the cache for a content of files, filled once. Rejects when a command fails.
 *
 * @param name of the kind of program, a folder of the cache
 * @param sources the files that the folder depends on
 * @param commands fill the folder that they receive
 */
export async function fillCache(
  name: string,
  sources: readonly string[],
  commands: (folder: string) => readonly BuildCommand[],
): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(await readFile(source));
  const folder = join(cache, name, hash.digest('hex').slice(0, 16));
  if (await exists(folder)) return folder;

  const staging = `${folder}.${process.pid}`;
  await mkdir(staging, { recursive: true });
  try {
    for (const [command, args, cwd] of commands(staging)) {
      const { code, output } = await run(command, args, cwd);
      if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${output.slice(-2000)}`);
    }
    await rename(staging, folder);
  } catch (error) {
    // Another test process may have filled it first.
    if (!(await exists(folder))) throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
