import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';

/** The largest request, before and after decompression: what the OTLP specification recommends. */
export const maxRequestBytes: number = 64 * 1024 * 1024;

/** The bytes of the unfinished bodies of all requests, beyond which only small ones are received. */
const maxUnfinishedBytes = 256 * 1024 * 1024;
const smallBytes = 256 * 1024;
let unfinishedBytes = 0;

/** A request that is answered with an error: its HTTP status, and why. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;
  /** A stable code, where the status does not say enough. */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const decompressors: Readonly<
  Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

function tooLarge(maxBytes: number): RequestError {
  return new RequestError(413, `the request is larger than ${maxBytes} bytes`);
}

async function readAll(request: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      unfinishedBytes += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      if (size > smallBytes && unfinishedBytes > maxUnfinishedBytes) {
        throw new RequestError(503, 'too many large requests are unfinished; try again in a second');
      }
      chunks.push(chunk);
    }
  } finally {
    unfinishedBytes -= size;
  }
  // A buffer of its own, so that it can be handed to a worker thread without a copy.
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** Reads the body of a request and decompresses it. @throws {RequestError} 400, 413 or 415 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number = maxRequestBytes,
): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const decompress = decompressors[encoding];
  if (decompress === undefined && encoding !== 'identity' && encoding !== '') {
    throw new RequestError(
      415,
      `content-encoding ${JSON.stringify(encoding)} is not known; expected gzip or none`,
    );
  }
  const body = await readAll(request, maxBytes);
  if (decompress === undefined) return body;
  try {
    const whole = await decompress(body, { maxOutputLength: maxBytes });
    const isOwn = whole.byteLength === whole.buffer.byteLength;
    return isOwn ? new Uint8Array(whole.buffer as ArrayBuffer) : new Uint8Array(whole);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new RequestError(400, `the body is not ${encoding}: ${(error as Error).message}`);
  }
}
