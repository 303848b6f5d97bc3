import { join } from 'node:path';
import { type FoundSegment, type Inventory, quarantineName } from './inventory.ts';
import type { Segment } from './segment.ts';
import type { SpoolSettings } from './spool-options.ts';

const maxFiles = 8;

/** The damaged segments of a directory, which are kept under another name for analysis. */
export class DamagedSegments {
  readonly #settings: SpoolSettings;
  readonly #directory: string;

  constructor(settings: SpoolSettings, directory: string) {
    this.#settings = settings;
    this.#directory = directory;
  }

  /** Renames a damaged segment. @throws the error of the operating system */
  async move({ path, name }: Segment | FoundSegment): Promise<void> {
    await this.#settings.files.rename(path, join(this.#directory, quarantineName(name)));
  }

  /** Renames a damaged segment of an ended process. Returns whether no other process has done so before. */
  add(orphan: FoundSegment): Promise<boolean> {
    return this.move(orphan).then(
      () => true,
      () => false,
    );
  }

  /** Keeps the youngest damaged segments, up to an eighth of `maxBytes`. */
  async trim(damaged: Inventory['damaged']): Promise<void> {
    const { files, maxBytes } = this.#settings;
    let bytes = 0;
    for (const [index, file] of damaged.toReversed().entries()) {
      bytes += file.bytes;
      if (index < maxFiles && bytes <= maxBytes / 8) continue;
      await files.unlink(file.path).catch(() => {});
    }
  }
}
