import { basename, dirname } from 'node:path';
import {
  nodeFileSystem,
  type SpoolFileSystem,
} from '../../../packages/exporters/src/otlp/spool/file-system.ts';
import type { Random } from '../../support/random.ts';

/** A file apart from its name: what is on the device, and the writes that may not be. */
interface Content {
  durable: Buffer;
  pending: { readonly position: number; readonly bytes: Buffer }[];
}

type Names = Map<string, Content>;
type NameChange = (names: Names) => void;

function applyWrite(content: Buffer, position: number, bytes: Uint8Array): Buffer {
  const grown = Buffer.alloc(Math.max(content.length, position + bytes.length));
  content.copy(grown);
  grown.set(bytes, position);
  return grown;
}

/**
 * The real file system. Beside it, it keeps what a disk without power would hold: the bytes of files since the last
 * flush of the file, and names since the last flush of the directory, are there in part or not at all.
 */
export class PowerCutDisk {
  readonly #directory: string;
  readonly #onChange: () => void;
  readonly #open = new Map<number, Content | 'directory'>();
  #current: Names = new Map();
  #durableNames: Names = new Map();
  #nameChanges: NameChange[] = [];

  /** @param onChange called before each change, which is the moment to call `cut` */
  constructor(directory: string, onChange: () => void) {
    this.#directory = directory;
    this.#onChange = onChange;
  }

  get files(): SpoolFileSystem {
    const { now } = nodeFileSystem;
    return {
      ...nodeFileSystem,
      open: async (path, flags) => {
        this.#onChange();
        return this.#opened(path, await nodeFileSystem.open(path, flags));
      },
      write: async (file, parts, position) => {
        this.#onChange();
        this.#written(file, Buffer.concat(parts), position);
        return nodeFileSystem.write(file, parts, position);
      },
      sync: async (file) => {
        this.#onChange();
        const finish = this.#flushing(file);
        await nodeFileSystem.sync(file);
        finish();
      },
      rename: async (from, to) => {
        this.#onChange();
        await nodeFileSystem.rename(from, to);
        this.#renamed(from, to);
      },
      unlink: async (path) => {
        this.#onChange();
        await nodeFileSystem.unlink(path);
        this.#change((names) => names.delete(basename(path)));
      },
      now: {
        ...now,
        open: (path, flags) => this.#opened(path, now.open(path, flags)),
        write: (file, bytes, position) => {
          this.#onChange();
          this.#written(file, Buffer.from(bytes), position);
          return now.write(file, bytes, position);
        },
        sync: (file) => {
          this.#onChange();
          now.sync(file);
          this.#flushing(file)();
        },
        rename: (from, to) => {
          this.#onChange();
          now.rename(from, to);
          this.#renamed(from, to);
        },
        unlink: (path) => {
          this.#onChange();
          now.unlink(path);
          this.#change((names) => names.delete(basename(path)));
        },
      },
    };
  }

  /** The files that the disk holds after a power cut at this moment, by name. */
  cut(random: Random): ReadonlyMap<string, Buffer> {
    const names = new Map(this.#durableNames);
    // A journal keeps the order of names.
    const kept = random.below(this.#nameChanges.length + 1);
    for (const change of this.#nameChanges.slice(0, kept)) change(names);
    const contents = new Map<string, Buffer>();
    for (const [name, { durable, pending }] of names) {
      let content = durable;
      for (const { position, bytes } of pending) {
        const length = random.once(2) ? bytes.length : random.below(bytes.length + 1);
        if (random.once(2)) content = applyWrite(content, position, bytes.subarray(0, length));
      }
      contents.set(name, content);
    }
    return contents;
  }

  #opened(path: string, file: number): number {
    if (path === this.#directory) this.#open.set(file, 'directory');
    if (dirname(path) !== this.#directory) return file;
    const name = basename(path);
    const content = this.#current.get(name) ?? { durable: Buffer.alloc(0), pending: [] };
    if (!this.#current.has(name)) this.#change((names) => names.set(name, content));
    this.#open.set(file, content);
    return file;
  }

  #written(file: number, bytes: Buffer, position: number): void {
    const content = this.#open.get(file);
    if (typeof content === 'object') content.pending.push({ position, bytes });
  }

  /** Returns what makes durable whatever was written before the flush began. */
  #flushing(file: number): () => void {
    const content = this.#open.get(file);
    if (content === 'directory') {
      const changes = this.#nameChanges.length;
      return () => {
        for (const change of this.#nameChanges.splice(0, changes)) change(this.#durableNames);
      };
    }
    const count = content?.pending.length ?? 0;
    return () => {
      for (const { position, bytes } of content?.pending.splice(0, count) ?? []) {
        if (content !== undefined) content.durable = applyWrite(content.durable, position, bytes);
      }
    };
  }

  #renamed(from: string, to: string): void {
    this.#change((names) => {
      const content = names.get(basename(from));
      names.delete(basename(from));
      if (content !== undefined) names.set(basename(to), content);
    });
  }

  #change(change: NameChange): void {
    change(this.#current);
    this.#nameChanges.push(change);
  }
}
