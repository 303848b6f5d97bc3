import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fillCache } from '../support/program-cache.ts';

const folder = import.meta.dirname;

/** The versions of Prometheus whose parsers are built. */
export const prometheusVersions = ['v2.42', 'v3.5', 'v3.15'] as const;

/** A page of metrics, as it was served. */
export interface Page {
  readonly contentType: string;
  readonly body: Buffer;
}

/** A sample that a parser found. */
interface ParsedSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

/** The result of a parser: an error, or `''` and the samples. */
export interface Parsed {
  readonly error: string;
  readonly samples: readonly ParsedSample[] | null;
  readonly native?: number;
  readonly custom?: number;
  readonly started?: number;
}

/** A program that parses pages. */
export class Parser implements AsyncDisposable {
  readonly #child: ReturnType<typeof spawn>;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[] = []) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout === null) throw new Error('no output');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Parses one page; calls follow one another. */
  async parse({ contentType, body }: Page): Promise<Parsed> {
    this.#child.stdin?.write(`${JSON.stringify({ contentType, body: body.toString('base64') })}\n`);
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('the parser has ended');
    return JSON.parse(value) as Parsed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}

/** The path of Prometheus's parser of a version, built once. @param go the path of the Go tool */
export async function buildGoParser(
  go: string,
  version: (typeof prometheusVersions)[number],
): Promise<string> {
  const sources = ['go.mod', 'go.sum', 'parser.go'].map((name) => join(folder, 'go', version, name));
  const shared = join(folder, 'go/pages.go');
  const built = await fillCache('parsers', [...sources, shared], (staging) => [
    ['cp', [...sources, shared, staging], staging],
    [go, ['build', '-mod=mod', '-o=parser', '.'], staging],
  ]);
  return join(built, 'parser');
}

/** The command of the parsers of the Python client from PyPI, installed once. */
export async function installPythonParser(python: string): Promise<[command: string, args: string[]]> {
  const requirements = join(folder, 'python/requirements.txt');
  const flags = ['--quiet', '--disable-pip-version-check', '--no-input'];
  const built = await fillCache('parsers', [requirements], (staging) => [
    [python, ['-m', 'venv', staging], staging],
    [join(staging, 'bin/python'), ['-m', 'pip', 'install', ...flags, '-r', requirements], staging],
  ]);
  return [join(built, 'bin/python'), [join(folder, 'python/parse.py')]];
}
