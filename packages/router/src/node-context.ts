import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { isJson, limited, tooLarge } from './body.ts';
import { consumed, type Peer, RequestContext } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import type { LifeCycle } from './life-cycle.ts';
import { forwardedOrigin, type Origin, type Scheme } from './origin.ts';
import { problem } from './problem.ts';
import type { Target } from './target.ts';

/** A request as node:http has it, with what a host framework may have put there before us. */
export type NodeRequest = IncomingMessage & {
  readonly body?: unknown;
  readonly originalUrl?: string;
  readonly baseUrl?: string;
};

/** A response of node:http; of http2, when it has a stream. */
export type NodeResponse = ServerResponse & { readonly stream?: { readonly rstCode?: number } };

/** A request that came through node:http. */
export class NodeContext extends RequestContext {
  readonly #req: NodeRequest;
  gone = false;
  readonly #res: NodeResponse;
  readonly #trustedHops: number;
  readonly #lifeCycle: LifeCycle | undefined;
  #controller: AbortController | undefined = undefined;

  constructor(
    req: NodeRequest,
    res: NodeResponse,
    target: Target,
    endpoint: Endpoint,
    params: unknown,
    trustedHops: number,
    lifeCycle: LifeCycle | undefined,
  ) {
    super(req.method ?? 'GET', target, endpoint, params);
    this.#req = req;
    this.#res = res;
    this.#trustedHops = trustedHops;
    this.#lifeCycle = lifeCycle;
  }

  /** Whether the connection can take another request once this one is answered with a status. */
  reusable(status: number): boolean {
    if (this.#lifeCycle?.draining || status === 413) return false;
    // Whoever has no body to send needs no look at the header fields, which Node makes only when they are asked for.
    if (this.#req.complete || this.method === 'GET' || this.method === 'HEAD') return true;
    const { headers } = this.#req;
    // A body that nobody has read stands before the next request: one without a known, small length is not waited for.
    return (
      headers['transfer-encoding'] === undefined &&
      Number(headers['content-length'] ?? 0) <= this.endpoint.bodyLimitBytes
    );
  }

  get rawHeaders(): IncomingHttpHeaders {
    return this.#req.headers;
  }

  override get base(): string {
    return this.#req.baseUrl ?? '';
  }

  override get version(): string {
    return this.#req.httpVersion;
  }

  /** Asked for each request: the rest of the origin costs more. */
  override get scheme(): Scheme {
    if (this.#trustedHops > 0) return this.origin.scheme;
    return 'encrypted' in this.#req.socket ? 'https' : 'http';
  }

  get origin(): Origin {
    const { headers, socket } = this.#req;
    const direct: Origin = {
      scheme: 'encrypted' in socket ? 'https' : 'http',
      host: headers.host ?? headers[':authority']?.toString(),
      client: socket.remoteAddress,
    };
    return this.#trustedHops === 0 ? direct : forwardedOrigin(headers, direct, this.#trustedHops);
  }

  override get peer(): Peer {
    return { address: this.#req.socket.remoteAddress, port: this.#req.socket.remotePort };
  }

  get url(): URL {
    const { scheme, host = '' } = this.origin;
    // Whatever else stands in the host field is left out, and a path that starts with two slashes stays a path.
    const base = URL.parse(`${scheme}://${host}`)?.origin ?? `${scheme}://localhost`;
    const target = this.#req.originalUrl ?? this.#req.url ?? '/';
    return new URL(target.startsWith('/') ? base + target : target, base);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.gone && !this.finished) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Whether the whole answer was handed to the network. http2 says so in its own way. */
  get finished(): boolean {
    const { writableEnded, writableFinished, stream } = this.#res;
    return writableEnded && writableFinished && !stream?.rstCode;
  }

  /** Called when the answer is written, or the connection gone. */
  close(): void {
    this.gone = true;
    if (!this.finished) this.#controller?.abort();
  }

  protected readBytes(limitBytes: number): Promise<Uint8Array> {
    const req = this.#req;
    if (req.readableEnded) return this.#readBefore();
    if (Number(req.headers['content-length'] ?? 0) > limitBytes) return Promise.reject(tooLarge(limitBytes));
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const chunks: Buffer[] = [];
    let length = 0;
    const take = (chunk: Buffer): void => {
      length += chunk.length;
      if (length <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      req.off('data', take);
      reject(tooLarge(limitBytes));
    };
    req.on('data', take);
    req.on('end', () => {
      this.requestBytes = length;
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length));
    });
    req.on('error', () => reject(problem(400, 'The body ended early')));
    return promise;
  }

  /** A host framework has read the body: what it made of JSON and of raw bytes can be told back. */
  async #readBefore(): Promise<Uint8Array> {
    const { body } = this.#req;
    if (body instanceof Uint8Array) return body;
    if (typeof body === 'string') return Buffer.from(body);
    if (body !== undefined && isJson(this.contentType)) return Buffer.from(JSON.stringify(body));
    if (this.#req.headers['content-length'] === undefined && body === undefined) return new Uint8Array();
    throw consumed();
  }

  protected readStream(limitBytes: number): ReadableStream<Uint8Array> {
    const chunks = this.#req.iterator({ destroyOnReturn: false });
    return ReadableStream.from(limited(chunks, limitBytes, (length) => (this.requestBytes = length)));
  }
}
