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

const hashCharacters = 16;
/** The process id of a primary and the hash of the key. */
const clusterName = new RegExp(`^(\\d+)\\.[0-9a-f]{${hashCharacters}}(?=[.-])`);
const maxAgeMs = 3_600_000;

/** The directory that the processes of a cluster share: its socket, and the final metrics of ended processes. Only the user can access it. */
export class ClusterDirectory {
  readonly #path: string;
  readonly #name: string;

  /**
   * Processes with the same primary and key form a cluster. Throws if other users can access the directory.
   *
   * @param primary the process id of the primary
   */
  constructor(primary: number, key: string) {
    const user = process.getuid?.() ?? 'user';
    this.#path = join(tmpdir(), `sonde-${user}`);
    const hash = createHash('sha256').update(key).digest('hex').slice(0, hashCharacters);
    this.#name = `${primary}.${hash}`;
    mkdirSync(this.#path, { recursive: true, mode: 0o700 });
    const { mode, uid } = lstatSync(this.#path);
    const isPrivate = process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
    if (!isPrivate) throw new Error(`${this.#path} is accessible to other users`);
  }

  /** The path of the socket on which the aggregator listens. */
  get socketPath(): string {
    if (process.platform === 'win32') return `\\\\.\\pipe\\sonde-${this.#name}`;
    return join(this.#path, `${this.#name}.sock`);
  }

  /** Removes the socket of an aggregator that has ended. */
  removeSocket(): void {
    if (process.platform !== 'win32') rmSync(this.socketPath, { force: true });
  }

  /** Removes the files of clusters whose primary has ended, and unknown ones after an hour. Never rejects. */
  async sweep(): Promise<void> {
    try {
      const files = await readdir(this.#path);
      const names = new Set(files.map((file) => clusterName.exec(file)?.[0] ?? file));
      names.delete(this.#name);
      for (const name of names) {
        const clusterFiles = files.filter((file) => file.startsWith(name));
        const primary = Number(clusterName.exec(name + '.')?.[1] ?? NaN);
        if (await this.#isAbandoned(clusterFiles, primary)) await this.#remove(clusterFiles);
      }
    } catch (error) {
      diag.debug('failed to remove the files of earlier clusters', error);
    }
  }

  async #isAbandoned(files: readonly string[], primary: number): Promise<boolean> {
    const oldestMs = hasEnded(primary) ? Infinity : Date.now() - maxAgeMs;
    for (const file of files) {
      const path = join(this.#path, file);
      if ((await stat(path)).mtimeMs > oldestMs || (file.endsWith('.sock') && (await accepts(path))))
        return false;
    }
    return true;
  }

  async #remove(files: readonly string[]): Promise<void> {
    await Promise.all(files.map((file) => rm(join(this.#path, file), { force: true })));
  }

  /** Writes batches under a name, atomically. */
  write(name: string, batches: readonly Batch[]): void {
    const path = this.#file(name);
    writeFileSync(`${path}.part`, serialize(batches), { mode: 0o600 });
    renameSync(`${path}.part`, path);
  }

  /** Reads and removes the batches under a name; undefined if there are none. */
  consume(name: string): readonly Batch[] | undefined {
    const path = this.#file(name);
    try {
      const batches: unknown = deserialize(readFileSync(path));
      rmSync(path, { force: true });
      return isBatches(batches) ? batches : undefined;
    } catch {
      return undefined;
    }
  }

  /** Reads and removes all batches. */
  consumeAll(): (readonly Batch[])[] {
    const prefix = `${this.#name}-`;
    const own = readdirSync(this.#path).filter((file) => file.startsWith(prefix));
    // A process was killed while it wrote them; a live one writes its file at once.
    for (const file of own.filter((name) => name.endsWith('.part')))
      rmSync(join(this.#path, file), { force: true });
    return own
      .filter((file) => !file.endsWith('.part'))
      .flatMap((file) => [this.consume(file.slice(prefix.length)) ?? []]);
  }

  #file(name: string): string {
    return join(this.#path, `${this.#name}-${name}`);
  }
}

/** Whether no process has this id. */
function hasEnded(pid: number): boolean {
  if (!Number.isSafeInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Whether a process listens on a socket. */
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
