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
  const res = new WebResponse(method, resolve);
  // A body that breaks off matters to whoever reads it, and to nobody else.
  req.on('error', () => {});
  signal.addEventListener('abort', () => {
    res.destroy();
    reject(signal.reason);
  });
  handle(core, req as unknown as NodeRequest, res as unknown as NodeResponse);
  return promise;
}

/** The response of node:http that becomes a Web Response: a whole answer when it is done, a stream at its head. */
class WebResponse extends Writable {
  statusCode = 200;
  headersSent = false;
  readonly #method: string;
  readonly #resolve: (response: Response) => void;
  #whole = false;
  #taken: (() => void) | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly #body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#taken?.(),
      cancel: () => void this.destroy(),
    },
    { highWaterMark: 0 },
  );

  constructor(method: string, resolve: (response: Response) => void) {
    super({ highWaterMark: 0 });
    this.#method = method;
    this.#resolve = resolve;
  }

  writeHead(status: number, fields: Fields): void {
    const headers = new Headers();
    for (const [name, value] of Object.entries(fields)) {
      for (const each of [value].flat()) headers.append(name, each);
    }
    const body = this.#method === 'HEAD' || hasNoBody(status) ? null : this.#body;
    const response = new Response(body, { status, headers });
    this.#whole = body === null || headers.has('content-length');
    this.statusCode = status;
    this.headersSent = true;
    if (this.#whole) this.once('close', () => this.#resolve(response));
    else this.#resolve(response);
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#taken = () => {
      this.#taken = undefined;
      done();
    };
    this.#controller?.enqueue(chunk);
    if (this.#whole) this.#taken?.();
  }

  override _final(done: () => void): void {
    this.#controller?.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.writableFinished) this.#controller?.error(new Error('The answer broke off'));
    done(error);
  }
}
