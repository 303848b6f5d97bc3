import { resolve } from 'node:path';
import type { NoticeListener } from '@sonde/sdk';
import type { OtlpSignal } from '../signal.ts';
import { nodeFileSystem, type SpoolFileSystem } from './file-system.ts';

/** The reason for dropped items: the spool is full, they are too old, or the file is damaged. */
export type SpoolDropReason = 'full' | 'expired' | 'damaged';

/** Items of one signal that are dropped from the disk. */
export interface SpoolDrop {
  readonly reason: SpoolDropReason;
  readonly signal: OtlpSignal;
  readonly itemCount: number;
}

/** Options of a spool. */
export interface SpoolOptions {
  /** The directory. It is created with mode 0700 if it is missing. Processes can share it. */
  readonly directory: string;
  /** Maximum size of all files in the directory, in bytes. The oldest are dropped first. @default 268435456 (256 MiB) */
  readonly maxBytes?: number;
  /** Maximum age of a request, in milliseconds. Older requests are dropped. @default 172800000 (48 hours) */
  readonly maxAgeMs?: number;
  /**
   * Flushes requests to the device before `append` resolves, or once a second. With both, requests survive the end of the
   * process; with 'append', also a power failure. @default 'append'
   */
  readonly sync?: 'append' | 'second';
  /** Receives each notice once. */
  readonly onNotice: NoticeListener;
  /** Receives the items that are dropped from the disk. */
  readonly onDrop?: (drop: SpoolDrop) => void;
  /** @internal */
  readonly files?: SpoolFileSystem;
  /** @internal Size at which a file is sealed, in bytes. @default 4 MiB, at most an eighth of `maxBytes` */
  readonly segmentBytes?: number;
  /** @internal Time without a heartbeat after which an owner has ended, in milliseconds. @default 60000 */
  readonly staleMs?: number;
  /** @internal Maximum age of the list of files, in milliseconds. @default 5000 */
  readonly listingMs?: number;
  /** @internal Time after a failure until the disk is used again, in milliseconds. @default 30000 */
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
