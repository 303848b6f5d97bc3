import { Readable, Writable } from 'node:stream';
import type { Fields } from './answer.ts';
import { type Core, handle } from './handle.ts';
import type { NodeRequest, NodeResponse } from './request-context.ts';
import { hasNoBody } from './write.ts';

/** Answers a Web Request, by giving it the form of one of node:http: the same routes and rules as on a server. */
export async function handleFetch(core: Core, request: Request): Promise<Response> {
  const { method, headers, body, signal } = request;
  signal.throwIfAborted();
  const { host, pathname, protocol, search } = new URL(request.url);
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const req = Object.assign(body === null ? Readable.from([]) : Readable.fromWeb(body), {
    method,
    url: pathname + search,
    headers: { host, ...Object.fromEntries(headers) },
    socket: protocol === 'https:' ? { encrypted: true } : {},
  });
  const res = webResponse(method, resolve);
  // A body that breaks off matters to whoever reads it, and to nobody else.
  req.on('error', () => {});
  signal.addEventListener('abort', () => {
    res.once('close', () => reject(signal.reason)).destroy();
  });
  handle(core, req as unknown as NodeRequest, res as unknown as NodeResponse);
  return promise;
}

/** A response of node:http that becomes a Web Response: a whole answer when it is done, a stream at its head. */
function webResponse(method: string, resolve: (response: Response) => void): Writable {
  let whole = false;
  let reader: ReadableStreamDefaultController<Uint8Array> | undefined;
  let taken: (() => void) | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        reader = controller;
      },
      pull: () => taken?.(),
      cancel: () => void res.destroy(),
    },
    { highWaterMark: 0 },
  );
  const res = Object.assign(
    new Writable({
      highWaterMark: 0,
      write(chunk: Buffer, _encoding, done) {
        taken = (): void => {
          taken = undefined;
          done();
        };
        reader?.enqueue(chunk);
        if (whole) taken?.();
      },
      final(done) {
        reader?.close();
        done();
      },
      destroy(error, done) {
        if (!this.writableFinished) reader?.error(new Error('The answer broke off'));
        done(error);
      },
    }),
    {
      statusCode: 0,
      headersSent: false,
      writeHead(status: number, fields: Fields): void {
        const headers = new Headers(
          Object.entries(fields).flatMap(([name, value]) =>
            [value].flat().map((each): [string, string] => [name, each]),
          ),
        );
        const body = method === 'HEAD' || hasNoBody(status) ? null : stream;
        const response = new Response(body, { status, headers });
        whole = body === null || headers.has('content-length');
        Object.assign(res, { statusCode: status, headersSent: true });
        if (whole) res.once('close', () => resolve(response));
        else resolve(response);
      },
    },
  );
  return res;
}
