import { join } from 'node:path';
import type { WaitingRequest } from '../queue/waiting-request.ts';
import { openFlags, type SpoolFileSystem } from './file-system.ts';
import { createNonce, encodeRecordHeader, encodeSegmentHeader } from './record.ts';
import { formatSegmentName, type SegmentName } from './segment-name.ts';

/**
 * Writes requests into a new segment at once, for the exit of the process.
 *
 * @throws the error of the operating system, after it has removed the file
 */
export function writeSegmentSync(
  files: SpoolFileSystem,
  directory: string,
  name: SegmentName,
  requests: readonly WaitingRequest[],
): void {
  const nonce = createNonce();
  const createdMs = Date.now();
  const bytes = Buffer.concat([
    encodeSegmentHeader(name.endpoint, nonce),
    ...requests.flatMap(({ signal, body, itemCount }) => [
      encodeRecordHeader({ signal, body, itemCount, createdMs }, nonce),
      body,
    ]),
  ]);
  const path = join(directory, formatSegmentName(name));
  const file = files.now.open(path, openFlags.create);
  try {
    for (let done = 0; done < bytes.length;) {
      done += files.now.write(file, bytes.subarray(done), done);
    }
    files.now.sync(file);
    syncDirectory(files, directory);
  } catch (error) {
    files.now.unlink(path);
    throw error;
  } finally {
    files.now.close(file);
  }
}

/** Makes the name of the file durable. Windows does that by itself. */
function syncDirectory(files: SpoolFileSystem, directory: string): void {
  if (process.platform === 'win32') return;
  const file = files.now.open(directory, openFlags.directory);
  files.now.sync(file);
  files.now.close(file);
}
