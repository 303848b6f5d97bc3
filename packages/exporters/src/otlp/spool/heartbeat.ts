import { join } from 'node:path';
import { openFlags, type SpoolFileSystem } from './file-system.ts';
import { ownerLiveness } from './owner.ts';
import { noOwner } from './segment-name.ts';

const suffix = '.alive';
const pattern = /^([0-9a-z-]{1,100})\.alive$/;

/** Returns the owner of the heartbeat file with this name; undefined for other files. */
export function parseHeartbeatName(name: string): string | undefined {
  return pattern.exec(name)?.[1];
}

/** A file whose modification time proves to other containers and machines that the owner runs. */
export class Heartbeat {
  readonly #files: SpoolFileSystem;
  readonly path: string;
  #lastMs = 0;

  constructor(files: SpoolFileSystem, directory: string, owner: string) {
    this.#files = files;
    this.path = join(directory, owner + suffix);
  }

  /** Creates the file, or updates its modification time. */
  async beat(): Promise<void> {
    try {
      await this.#files.touch(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await this.#files.close(await this.#files.open(this.path, openFlags.create));
    }
    this.#lastMs = Date.now();
  }

  createSync(): void {
    if (this.#lastMs !== 0) return;
    this.#files.now.close(this.#files.now.open(this.path, openFlags.create));
    this.#lastMs = Date.now();
  }

  /** Whether the last heartbeat is so old that another process may have leased the segments. */
  hasLapsed(limitMs: number): boolean {
    const sinceMs = Date.now() - this.#lastMs;
    return sinceMs > limitMs || sinceMs < 0;
  }
}

/** Whether the owner of a segment has ended, according to a shared process table or else to its last heartbeat. */
export async function hasEnded(
  files: SpoolFileSystem,
  directory: string,
  owner: string,
  staleMs: number,
): Promise<boolean> {
  if (owner === noOwner) return true;
  const liveness = ownerLiveness(owner);
  if (liveness !== 'unknown') return liveness === 'dead';
  try {
    const { mtimeMs } = await files.status(join(directory, owner + suffix));
    return Date.now() - mtimeMs > staleMs;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
