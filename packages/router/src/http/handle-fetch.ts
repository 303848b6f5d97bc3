// Servers do not load it. Imports nothing of the router, so that a bundler keeps the rest in one file.
import { PassThrough, Readable } from 'node:stream';
import type { Fields } from './reply.ts';
import type { handle, RouterCore } from './handle.ts';
import type { NodeRequest, NodeResponse } from './node-message.ts';

/** Handles a Web `Request` by adapting it to `node:http`: the same rules apply as on a server. */
export async function handleFetch(
  core: RouterCore,
  handleRequest: typeof handle,
  request: Request,
): Promise<Response> {
  const { method, body, signal } = request;
  signal.throwIfAborted();
  const url = new URL(request.url);
  const req = Object.assign(Readable.from(body ?? [], { objectMode: false }), {
    method,
    url: url.pathname + url.search,
    headers: { host: url.host, ...Object.fromEntries(request.headers) },
    socket: { encrypted: url.protocol === 'https:' },
  });
  // Only the reader of the body handles its errors.
  req.on('error', () => {});
  return new Promise((resolve, reject) => {
    const res = Object.assign(new PassThrough({ highWaterMark: 0 }), {
      statusMessage: '',
      removeHeader(): void {},
      /** Resolves with a streamed response immediately, with any other at its end. */
      writeHead(status: number, fields: Fields): void {
        const headers = new Headers(
          Object.entries(fields).flatMap(([name, value]) =>
            [value].flat().map((each): [string, string] => [name, each]),
          ),
        );
        Object.assign(res, { statusCode: status, headersSent: true });
        const empty = method === 'HEAD' || [204, 205, 304].includes(status);
        const createResponse = (content: Buffer | ReadableStream): Response =>
          new Response(empty ? null : content, { status, statusText: res.statusMessage, headers });
        const isWhole = empty || 'content-length' in fields;
        resolve(
          isWhole
            ? res.toArray().then((chunks) => createResponse(Buffer.concat(chunks)))
            : createResponse(toWebStream(res)),
        );
      },
    });
    // Without effect once the response was returned.
    res.once('close', () => reject(signal.aborted ? signal.reason : new TypeError('Response aborted')));
    signal.addEventListener('abort', () => res.destroy());
    handleRequest(core, req as unknown as NodeRequest, res as unknown as NodeResponse);
  });
}

/** Copies the chunks: other runtimes than Node.js reject those that share the memory of a pool. */
function toWebStream(stream: PassThrough): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      stream
        .on('data', (chunk: Buffer) => {
          if (stream.destroyed) return;
          controller.enqueue(new Uint8Array(chunk));
          if ((controller.desiredSize ?? 0) <= 0) stream.pause();
        })
        .on('end', () => controller.close())
        .on('close', () => {
          // An error would drop the chunks that are not read yet.
          if (!stream.readableEnded) controller.error(new TypeError('Response aborted'));
        });
    },
    pull: () => void stream.resume(),
    cancel: () => void stream.destroy(),
  });
}
