import { join } from 'node:path';
import type { WaitingRequest } from '../queue/waiting-request.ts';
import { openFlags, type SpoolFileSystem } from './file-system.ts';
import { createNonce, encodeRecordHeader, encodeSegmentHeader } from './record.ts';
import { createSegmentName, formatSegmentName, noOwner, type SegmentName } from './segment-name.ts';

/** A segment that is written synchronously, in the 'exit' event. */
export class SyncSegment {
  readonly #files: SpoolFileSystem;
  readonly #directory: string;
  readonly #name: SegmentName;
  readonly #nonce: Uint8Array = createNonce();
  readonly #file: number;
  #endBytes = 0;

  /** @throws the error of the operating system */
  constructor(files: SpoolFileSystem, directory: string, endpoint: string, owner: string) {
    this.#files = files;
    this.#directory = directory;
    this.#name = createSegmentName(endpoint, owner);
    this.#file = files.now.open(this.#path(this.#name), openFlags.create);
  }

  /** Appends requests and flushes them to the device. @throws the error of the operating system */
  append(requests: readonly WaitingRequest[]): void {
    const createdMs = Date.now();
    const isNew = this.#endBytes === 0;
    const bytes = Buffer.concat([
      ...(isNew ? [encodeSegmentHeader(this.#name.endpoint, this.#nonce)] : []),
      ...requests.flatMap(({ signal, body, itemCount }) => [
        encodeRecordHeader({ signal, body, itemCount, createdMs }, this.#nonce),
        body,
      ]),
    ]);
    try {
      for (let done = 0; done < bytes.length;) {
        done += this.#files.now.write(this.#file, bytes.subarray(done), this.#endBytes + done);
      }
      this.#files.now.sync(this.#file);
    } catch (error) {
      // Bytes after the last record would be reported as damage.
      this.#files.now.truncate(this.#file, this.#endBytes);
      throw error;
    }
    if (isNew) this.#syncDirectory();
    this.#endBytes += bytes.length;
  }

  /** Closes the file and releases it to other processes. @throws the error of the operating system */
  close(): void {
    this.#files.now.close(this.#file);
    this.#files.now.rename(this.#path(this.#name), this.#path({ ...this.#name, owner: noOwner }));
  }

  #path(name: SegmentName): string {
    return join(this.#directory, formatSegmentName(name));
  }

  /** Makes the name of the file durable. Windows does not need this. */
  #syncDirectory(): void {
    if (process.platform === 'win32') return;
    const file = this.#files.now.open(this.#directory, openFlags.directory);
    this.#files.now.sync(file);
    this.#files.now.close(file);
  }
}
