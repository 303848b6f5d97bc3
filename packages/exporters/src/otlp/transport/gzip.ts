import { promisify } from 'node:util';

/** Compresses bytes in the thread pool. `node:zlib` is loaded on first use. */
export async function gzipped(bytes: Uint8Array): Promise<Buffer> {
  const { gzip } = process.getBuiltinModule('node:zlib');
  return promisify(gzip)(bytes);
}
