import { join } from 'node:path';
import { fillCache } from '../support/program-cache.ts';

const goSources = join(import.meta.dirname, 'go');
const pythonSources = join(import.meta.dirname, 'python');

/** The path of the program that sends with Go's SDK, built once. @param go the path of the Go tool */
export async function buildGoSender(go: string): Promise<string> {
  const files = ['go.mod', 'go.sum', 'main.go'].map((name) => join(goSources, name));
  const folder = await fillCache('senders', files, (staging) => [
    [go, ['build', `-o=${staging}/sender`, '.'], goSources],
  ]);
  return join(folder, 'sender');
}

/** The path of a Python with the SDK from PyPI, installed once. @param python the path of Python 3.10 or later */
export async function installPythonSdk(python: string): Promise<string> {
  const requirements = join(pythonSources, 'requirements.txt');
  const flags = ['--quiet', '--disable-pip-version-check', '--no-input'];
  const folder = await fillCache('senders', [requirements], (staging) => [
    [python, ['-m', 'venv', staging], staging],
    [join(staging, 'bin/python'), ['-m', 'pip', 'install', ...flags, '-r', requirements], staging],
  ]);
  return join(folder, 'bin/python');
}
