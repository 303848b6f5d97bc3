import { formatVersion } from './record.ts';

/** The owner of released segments, which any process can lease. */
export const noOwner = 'free';

/** The name of a segment file: `<time and number>.<endpoint key>.<owner>.v<version>`. */
export interface SegmentName {
  readonly createdMs: number;
  /** The time and a sequence number, so that names sort by age. */
  readonly id: string;
  readonly endpoint: string;
  /** The spool that reads and writes the segment, or `free`. */
  readonly owner: string;
  readonly version: number;
}

const pattern = /^(([0-9a-z]{9})-[0-9a-z]{10})\.([0-9a-f]{16})\.([0-9a-z-]{1,100})\.v(\d{1,4})$/;

export function formatSegmentName(name: SegmentName): string {
  return `${name.id}.${name.endpoint}.${name.owner}.v${name.version}`;
}

/** Parses a file name; undefined if the file is not a segment. */
export function parseSegmentName(text: string): SegmentName | undefined {
  const [, id, time, endpoint, owner, version] = pattern.exec(text) ?? [];
  if (id === undefined || time === undefined || endpoint === undefined || owner === undefined)
    return undefined;
  return { id, createdMs: Number.parseInt(time, 36), endpoint, owner, version: Number(version) };
}

let created = 0;

/** Creates a name that no other process creates. */
export function createSegmentName(endpoint: string, owner: string): SegmentName {
  const createdMs = Date.now();
  const time = createdMs.toString(36).padStart(9, '0');
  const number = (created++ % 36 ** 4).toString(36).padStart(4, '0');
  const random = Math.floor(Math.random() * 36 ** 6)
    .toString(36)
    .padStart(6, '0');
  return { createdMs, id: `${time}-${number}${random}`, endpoint, owner, version: formatVersion };
}
