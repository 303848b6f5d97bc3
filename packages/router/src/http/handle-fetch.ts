import { PassThrough, Readable } from 'node:stream';
import type { Fields } from './reply.ts';
import { type RouterCore, handle } from './handle.ts';
import type { NodeRequest, NodeResponse } from './request-context.ts';
import { hasNoBody } from './write.ts';

/** Answers a Web Request, by giving it the form of one of node:http: the same routes and rules as on a server. */
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
  // A body that breaks off matters to whoever reads it, and to nobody else.
  req.on('error', () => {});
  return new Promise((resolve, reject) => {
    const res = Object.assign(new PassThrough({ highWaterMark: 0 }), {
      removeHeader(): void {},
      /** A whole answer is given back when it is done, a stream at its head. */
      writeHead(status: number, fields: Fields): void {
        const headers = new Headers(
          Object.entries(fields).flatMap(([name, value]) =>
            [value].flat().map((each): [string, string] => [name, each]),
          ),
        );
        Object.assign(res, { statusCode: status, headersSent: true });
        const empty = method === 'HEAD' || hasNoBody(status);
        const answer = (content: Buffer | PassThrough): Response =>
          new Response(empty ? null : content, { status, headers });
        const whole = empty || 'content-length' in fields;
        resolve(whole ? res.toArray().then((chunks) => answer(Buffer.concat(chunks))) : answer(res));
      },
    });
    // Too late for an answer that was given back.
    res.once('close', () => reject(signal.aborted ? signal.reason : new TypeError('No answer')));
    signal.addEventListener('abort', () => res.destroy());
    handle(core, req as unknown as NodeRequest, res as unknown as NodeResponse);
  });
}
