import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

import type { Batch } from './batch.ts';

/** Where the processes of one cluster find each other, and leave what they counted: a folder that only their user can open. */
export class MeetingPlace {
  readonly #folder: string;
  readonly #name: string;

  /** Processes with the same key meet. Throws when the folder is not private. */
  constructor(key: string) {
    const user = process.getuid?.() ?? 'user';
    this.#folder = join(tmpdir(), `sonde-${user}`);
    this.#name = createHash('sha256').update(key).digest('hex').slice(0, 16);
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

  /** Leaves batches under a name; all of them or none. */
  leave(name: string, batches: readonly Batch[]): void {
    const path = this.#path(name);
    writeFileSync(`${path}.part`, serialize(batches), { mode: 0o600 });
    renameSync(`${path}.part`, path);
  }

  /** Takes what was left under a name; undefined when nothing was. */
  take(name: string): readonly Batch[] | undefined {
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
  takeAll(): (readonly Batch[])[] {
    const prefix = `${this.#name}-`;
    return readdirSync(this.#folder)
      .filter((file) => file.startsWith(prefix) && !file.endsWith('.part'))
      .flatMap((file) => [this.take(file.slice(prefix.length)) ?? []]);
  }

  #path(name: string): string {
    return join(this.#folder, `${this.#name}-${name}`);
  }
}

function isBatches(value: unknown): value is readonly Batch[] {
  return Array.isArray(value);
}
