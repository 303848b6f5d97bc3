import { join } from 'node:path';
import { isOwnFile } from './directory.ts';
import type { SpoolFileSystem } from './file-system.ts';
import { hasEnded, parseHeartbeatName } from './heartbeat.ts';
import { parseSegmentName, type SegmentName } from './segment-name.ts';

const damagedSuffix = '.damaged';
const damagedPattern = /^[0-9a-z.-]{1,200}\.damaged$/;

/** Returns the name of a damaged segment, which is kept for analysis. */
export function quarantineName({ id, endpoint }: SegmentName): string {
  return `${id}.${endpoint}${damagedSuffix}`;
}

interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

export interface FoundSegment extends FoundFile {
  readonly name: SegmentName;
}

/** The files of other processes in the directory. Files that no spool wrote are ignored. */
export interface Inventory {
  /** Segments whose owner has ended, oldest first. */
  readonly orphans: FoundSegment[];
  /** Damaged segments, oldest first. */
  readonly damaged: readonly FoundFile[];
  /** The total size in bytes, including the segments of running processes. */
  bytes: number;
  readonly readMs: number;
}

/** Lists the directory, and removes the heartbeat files of owners that have ended. */
export async function readInventory(
  files: SpoolFileSystem,
  directory: string,
  self: string,
  staleMs: number,
): Promise<Inventory> {
  const ended = new Map<string, boolean>();
  const isEnded = async (owner: string): Promise<boolean> => {
    const known = ended.get(owner) ?? (await hasEnded(files, directory, owner, staleMs));
    ended.set(owner, known);
    return known;
  };
  const orphans: FoundSegment[] = [];
  const damaged: FoundFile[] = [];
  let bytes = 0;
  // Sorted names are sorted by age.
  for (const text of (await files.list(directory)).toSorted()) {
    const path = join(directory, text);
    const name = parseSegmentName(text);
    const owner = parseHeartbeatName(text);
    if (name?.owner === self || owner === self) continue;
    if (owner !== undefined && (await isEnded(owner))) await files.unlink(path).catch(() => {});
    if (name === undefined && !damagedPattern.test(text)) continue;
    const status = await files.status(path).catch(() => undefined);
    if (status === undefined || !isOwnFile(status)) continue;
    bytes += status.size;
    if (name === undefined) damaged.push({ path, bytes: status.size });
    else if (await isEnded(name.owner)) orphans.push({ path, name, bytes: status.size });
  }
  return { orphans, damaged, bytes, readMs: Date.now() };
}
