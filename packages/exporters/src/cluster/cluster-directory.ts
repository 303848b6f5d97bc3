import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

import { diag } from '@opentelemetry/api';

import type { Batch } from './batch.ts';

const nameCharacters = 16;
const maxAgeMs = 3_600_000;

/** Where the processes of one cluster find each other, and leave what they counted: a folder that only their user can open. */
export class ClusterDirectory {
  readonly #folder: string;
  readonly #name: string;

  /** Processes with the same key meet. Throws when the folder is not private. */
  constructor(key: string) {
    const user = process.getuid?.() ?? 'user';
    this.#folder = join(tmpdir(), `sonde-${user}`);
    this.#name = createHash('sha256').update(key).digest('hex').slice(0, nameCharacters);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const { mode, uid } = lstatSync(this.#folder);
    const isPrivate = process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
    if (!isPrivate) throw new Error(`${this.#folder} is not a private folder`);
  }

  /** The path of the socket on which the leader listens. */
  get socketPath(): string {
    if (process.platform === 'win32') return `\\\\.\\pipe\\sonde-${this.#name}`;
    return join(this.#folder, `${this.#name}.sock`);
  }

  /** Removes a socket that nobody listens on any more. */
  clear(): void {
    if (process.platform !== 'win32') rmSync(this.socketPath, { force: true });
  }

  /** Removes what killed clusters left an hour ago or earlier. Never rejects. */
  async sweep(): Promise<void> {
    try {
      const files = await readdir(this.#folder);
      const names = new Set(files.map((file) => file.slice(0, nameCharacters)));
      names.delete(this.#name);
      for (const name of names) {
        const own = files.filter((file) => file.startsWith(name));
        if (await this.#isAbandoned(own)) await this.#remove(own);
      }
    } catch (error) {
      diag.debug('the files of earlier clusters cannot be removed', error);
    }
  }

  async #isAbandoned(files: readonly string[]): Promise<boolean> {
    const oldestMs = Date.now() - maxAgeMs;
    for (const file of files) {
      const path = join(this.#folder, file);
      if ((await stat(path)).mtimeMs > oldestMs || (file.endsWith('.sock') && (await accepts(path))))
        return false;
    }
    return true;
  }

  async #remove(files: readonly string[]): Promise<void> {
    await Promise.all(files.map((file) => rm(join(this.#folder, file), { force: true })));
  }

  /** Leaves batches under a name; all of them or none. */
  write(name: string, batches: readonly Batch[]): void {
    const path = this.#path(name);
    writeFileSync(`${path}.part`, serialize(batches), { mode: 0o600 });
    renameSync(`${path}.part`, path);
  }

  /** Takes what was left under a name; undefined when nothing was. */
  consume(name: string): readonly Batch[] | undefined {
    const path = this.#path(name);
    try {
      const batches: unknown = deserialize(readFileSync(path));
      rmSync(path, { force: true });
      return isBatches(batches) ? batches : undefined;
    } catch {
      return undefined;
    }
  }

  /** Takes all that was left, by whomever. */
  consumeAll(): (readonly Batch[])[] {
    const prefix = `${this.#name}-`;
    return readdirSync(this.#folder)
      .filter((file) => file.startsWith(prefix) && !file.endsWith('.part'))
      .flatMap((file) => [this.consume(file.slice(prefix.length)) ?? []]);
  }

  #path(name: string): string {
    return join(this.#folder, `${this.#name}-${name}`);
  }
}

/** Whether somebody listens on a socket. */
async function accepts(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function isBatches(value: unknown): value is readonly Batch[] {
  return Array.isArray(value);
}
