import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../support/run.ts';

const cache = join(import.meta.dirname, '..', '..', '.cache/senders');
const goSources = join(import.meta.dirname, 'go');
const pythonSources = join(import.meta.dirname, 'python');

/** A folder of the cache for a content of files, filled once. Rejects when a command fails. */
async function fill(
  sources: readonly string[],
  commands: (folder: string) => readonly (readonly [command: string, args: readonly string[], cwd: string])[],
): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(await readFile(source));
  const folder = join(cache, hash.digest('hex').slice(0, 16));
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

/** The path of the program that sends with Go's SDK, built once. @param go the path of the Go tool */
export async function buildGoSender(go: string): Promise<string> {
  const files = ['go.mod', 'go.sum', 'main.go'].map((name) => join(goSources, name));
  const folder = await fill(files, (staging) => [[go, ['build', `-o=${staging}/sender`, '.'], goSources]]);
  return join(folder, 'sender');
}

/** The path of a Python with the SDK from PyPI, installed once. @param python the path of Python 3.10 or later */
export async function installPythonSdk(python: string): Promise<string> {
  const requirements = join(pythonSources, 'requirements.txt');
  const flags = ['--quiet', '--disable-pip-version-check', '--no-input'];
  const folder = await fill([requirements], (staging) => [
    [python, ['-m', 'venv', staging], staging],
    [join(staging, 'bin/python'), ['-m', 'pip', 'install', ...flags, '-r', requirements], staging],
  ]);
  return join(folder, 'bin/python');
}
