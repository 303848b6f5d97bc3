import type { IncomingHttpHeaders } from 'node:http';
import { limited } from './body.ts';
import { RequestContext } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import { forwardedOrigin, type Origin } from './origin.ts';
import type { Target } from './target.ts';

/** A request that came as a Web Request. */
export class FetchContext extends RequestContext {
  readonly #request: Request;
  readonly #trustedHops: number;
  readonly #aborted = new AbortController();
  #rawHeaders: IncomingHttpHeaders | undefined = undefined;

  constructor(request: Request, target: Target, endpoint: Endpoint, params: unknown, trustedHops: number) {
    super(request.method, target, endpoint, params);
    this.#request = request;
    this.#trustedHops = trustedHops;
  }

  get rawHeaders(): IncomingHttpHeaders {
    return (this.#rawHeaders ??= Object.fromEntries(this.#request.headers));
  }

  get origin(): Origin {
    const { protocol, host } = this.url;
    const direct: Origin = { scheme: protocol === 'https:' ? 'https' : 'http', host, client: undefined };
    return this.#trustedHops === 0 ? direct : forwardedOrigin(this.rawHeaders, direct, this.#trustedHops);
  }

  get url(): URL {
    return new URL(this.#request.url);
  }

  get signal(): AbortSignal {
    return AbortSignal.any([this.#request.signal, this.#aborted.signal]);
  }

  /** Whether the request was given up before the answer was there. */
  get gone(): boolean {
    return this.#request.signal.aborted;
  }

  /** Called when the answer's reader goes away before its end. */
  abort(): void {
    this.#aborted.abort();
  }

  protected async readBytes(limitBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#limited(limitBytes)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  protected readStream(limitBytes: number): ReadableStream<Uint8Array> {
    return ReadableStream.from(this.#limited(limitBytes));
  }

  #limited(limitBytes: number): AsyncIterable<Uint8Array> {
    return limited(
      this.#request.body ?? new Blob([]).stream(),
      limitBytes,
      (length) => (this.requestBytes = length),
    );
  }
}
