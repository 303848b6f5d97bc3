import { PassThrough, Readable } from 'node:stream';
import type { Fields } from './reply.ts';
import { type RouterCore, handle } from './handle.ts';
import type { NodeRequest, NodeResponse } from './node-message.ts';
import { hasNoBody } from './write.ts';

/** Handles a Web `Request` by adapting it to `node:http`: the same rules apply as on a server. */
export async function handleFetch(core: RouterCore, request: Request): Promise<Response> {
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
      removeHeader(): void {},
      /** Resolves with a streamed response immediately, with any other at its end. */
      writeHead(status: number, fields: Fields): void {
        const headers = new Headers(
          Object.entries(fields).flatMap(([name, value]) =>
            [value].flat().map((each): [string, string] => [name, each]),
          ),
        );
        Object.assign(res, { statusCode: status, headersSent: true });
        const empty = method === 'HEAD' || hasNoBody(status);
        const createResponse = (content: Buffer | PassThrough): Response =>
          new Response(empty ? null : content, { status, headers });
        const isWhole = empty || 'content-length' in fields;
        resolve(
          isWhole
            ? res.toArray().then((chunks) => createResponse(Buffer.concat(chunks)))
            : createResponse(res),
        );
      },
    });
    // Without effect once the response was returned.
    res.once('close', () => reject(signal.aborted ? signal.reason : new TypeError('Response aborted')));
    signal.addEventListener('abort', () => res.destroy());
    handle(core, req as unknown as NodeRequest, res as unknown as NodeResponse);
  });
}
