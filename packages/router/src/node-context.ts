import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { RequestContext } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import { Problem } from './problem.ts';
import type { Target } from './target.ts';

/** A request that came through node:http. */
export class NodeContext extends RequestContext {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  #headers: unknown;
  #controller: AbortController | undefined;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    target: Target | undefined,
    endpoint: Endpoint,
    params: unknown,
    bodyLimitBytes: number,
  ) {
    super(req.method ?? 'GET', target?.path ?? '', target?.search ?? '', endpoint, params, bodyLimitBytes);
    this.#req = req;
    this.#res = res;
  }

  get headers(): unknown {
    return this.#headers ?? this.#req.headers;
  }

  set headers(value: unknown) {
    this.#headers = value;
  }

  get contentType(): string | undefined {
    return this.#req.headers['content-type'];
  }

  get url(): URL {
    const { headers, socket, url = '/' } = this.#req as IncomingMessage & { headers: IncomingHttpHeaders };
    const base = `${'encrypted' in socket ? 'https' : 'http'}://${headers.host ?? 'localhost'}`;
    return new URL(url, URL.canParse(base) ? base : 'http://localhost');
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = (this.#controller = new AbortController());
      const res = this.#res;
      if (res.destroyed && !res.writableFinished) controller.abort();
      else res.once('close', () => res.writableFinished || controller.abort());
    }
    return this.#controller.signal;
  }

  stream(): ReadableStream<Uint8Array> {
    throw new Error('not yet');
  }

  protected readBytes(): Promise<Uint8Array> {
    const req = this.#req;
    const limit = this.bodyLimitBytes;
    const announced = Number(req.headers['content-length'] ?? 0);
    if (announced > limit) return Promise.reject(tooLarge(limit));
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        req.removeAllListeners('data');
        reject(tooLarge(limit));
      } else chunks.push(chunk);
    });
    req.once('end', () =>
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)),
    );
    req.once('error', reject);
    return promise;
  }
}

function tooLarge(limit: number): Problem {
  return new Problem(413, `The body is larger than ${limit} bytes`, undefined, { connection: 'close' });
}
