import { resolve } from 'node:path';
import type { NoticeListener } from '@sonde/sdk';
import type { OtlpSignal } from '../signal.ts';
import { nodeFileSystem, type SpoolFileSystem } from './file-system.ts';

/** Why items on disk are dropped: the spool is full, they are too old, or the file is damaged. */
export type SpoolDropReason = 'full' | 'expired' | 'damaged';

/** Items that are dropped from the disk. */
export interface SpoolDrop {
  readonly reason: SpoolDropReason;
  readonly signal: OtlpSignal;
  readonly itemCount: number;
}

/** Options of a spool. */
export interface SpoolOptions {
  /** The directory, which is created with mode 0700 if it is missing. Processes can share it. */
  readonly directory: string;
  /** The size of all files in the directory, in bytes, above which the oldest go. @default 268435456 (256 MiB) */
  readonly maxBytes?: number;
  /** The age at which requests are dropped, in milliseconds. @default 172800000 (48 hours) */
  readonly maxAgeMs?: number;
  /**
   * When requests are flushed to the device: before `append` resolves, or once a second. Both survive the end of the
   * process, the first also a power cut. @default 'append'
   */
  readonly sync?: 'append' | 'second';
  /** Receives each notice once. */
  readonly onNotice: NoticeListener;
  /** Receives what is dropped from the disk. */
  readonly onDrop?: (drop: SpoolDrop) => void;
  /** @internal */
  readonly files?: SpoolFileSystem;
  /** @internal The size at which a file takes no further request. @default 4 MiB, at most an eighth of `maxBytes` */
  readonly segmentBytes?: number;
  /** @internal The time without a sign of life after which the owner of a segment has ended. @default 60000 */
  readonly staleMs?: number;
  /** @internal The age at which the list of files is read again. @default 5000 */
  readonly listingMs?: number;
  /** @internal The time without the disk after a failure. @default 30000 */
  readonly retryMs?: number;
}

export type SpoolSettings = Required<Omit<SpoolOptions, 'onDrop' | 'onNotice'>>;

const defaultMaxBytes = 256 * 1024 * 1024;
const defaultMaxAgeMs = 48 * 60 * 60 * 1000;
const defaultSegmentBytes = 4 * 1024 * 1024;

export function resolveSpoolSettings(options: SpoolOptions): SpoolSettings {
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  return {
    directory: resolve(options.directory),
    maxBytes,
    maxAgeMs: options.maxAgeMs ?? defaultMaxAgeMs,
    sync: options.sync ?? 'append',
    files: options.files ?? nodeFileSystem,
    segmentBytes: options.segmentBytes ?? Math.min(defaultSegmentBytes, Math.floor(maxBytes / 8)),
    staleMs: options.staleMs ?? 60_000,
    listingMs: options.listingMs ?? 5_000,
    retryMs: options.retryMs ?? 30_000,
  };
}
