import { PassThrough, Readable } from 'node:stream';
import type { Fields } from './answer.ts';
import { type Core, handle } from './handle.ts';
import type { NodeRequest, NodeResponse } from './request-context.ts';
import { hasNoBody } from './write.ts';

/** Answers a Web Request, by giving it the form of one of node:http: the same routes and rules as on a server. */
export async function handleFetch(core: Core, request: Request): Promise<Response> {
  const { method, body, signal } = request;
  signal.throwIfAborted();
  const { host, pathname, protocol, search } = new URL(request.url);
  const req = Object.assign(Readable.from(body ?? [], { objectMode: false }), {
    method,
    url: pathname + search,
    headers: { host, ...Object.fromEntries(request.headers) },
    socket: protocol === 'https:' ? { encrypted: true } : {},
  });
  // A body that breaks off matters to whoever reads it, and to nobody else.
  req.on('error', () => {});
  return new Promise((resolve, reject) => {
    const res = Object.assign(new PassThrough({ highWaterMark: 0 }), {
      statusCode: 0,
      headersSent: false,
      /** A whole answer is given back when it is done, a stream at its head. */
      writeHead(status: number, fields: Fields): void {
        const headers = new Headers(
          Object.entries(fields).flatMap(([name, value]) =>
            [value].flat().map((each): [string, string] => [name, each]),
          ),
        );
        Object.assign(res, { statusCode: status, headersSent: true });
        const answer = (content: Buffer | ReadableStream | null): void =>
          resolve(new Response(content, { status, headers }));
        const empty = method === 'HEAD' || hasNoBody(status);
        if (!empty && !('content-length' in fields)) answer(Readable.toWeb(res));
        else res.toArray().then((chunks) => answer(empty ? null : Buffer.concat(chunks)), reject);
      },
    });
    signal.addEventListener('abort', () => {
      res.once('close', () => reject(signal.reason)).destroy();
    });
    handle(core, req as unknown as NodeRequest, res as unknown as NodeResponse);
  });
}
