import {
  type IncomingMessage,
  type ServerResponse,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { parse as parseQuery } from 'node:querystring';
import { type Fields, putField } from './answer.ts';
import { consumed, isForm, isJson, parseJson, readBytes, readChunks } from './body.ts';
import type { Endpoint } from './endpoint.ts';
import type { Core } from './handle.ts';
import type { LifeCycle } from './life-cycle.ts';
import { type Operation, recordException } from './operation.ts';
import { type Origin, originOf } from './origin.ts';
import { problem } from './problem.ts';
import { parseTarget, type Target } from './target.ts';

/** A request of node:http, with what a host framework may have put there before us. */
export type NodeRequest = IncomingMessage & {
  readonly body?: unknown;
  readonly originalUrl?: string;
  readonly baseUrl?: string;
};

/** A response of node:http; of http2, when it has a stream. */
export type NodeResponse = ServerResponse & { readonly stream?: { readonly rstCode?: number } };

const noState: object = Object.freeze({});

/** One request, behind what handlers see of it. */
export class RequestContext {
  readonly req: NodeRequest;
  readonly res: NodeResponse;
  readonly method: string;
  readonly target: Target;
  readonly endpoint: Endpoint;
  params: unknown;
  body: unknown = undefined;
  state: object = noState;
  operation: Operation | undefined = undefined;
  /** What a handler threw, when that is why the request failed. */
  error: unknown = undefined;
  /** What `header` set. */
  fields: Fields | undefined = undefined;
  /** Whether the request is over: its client has gone, or has its answer. */
  gone = false;
  requestBytes = 0;
  responseBytes = 0;
  readonly #core: Core;
  readonly #lifeCycle: LifeCycle | undefined;
  #query: unknown = undefined;
  #headers: unknown = undefined;
  #bytes: Promise<Buffer> | undefined = undefined;
  #streamed = false;
  #controller: AbortController | undefined = undefined;

  constructor(core: Core, req: NodeRequest, res: NodeResponse, lifeCycle?: LifeCycle) {
    const { method = 'GET', url = '/' } = req;
    this.#core = core;
    this.#lifeCycle = lifeCycle;
    this.req = req;
    this.res = res;
    this.method = method;
    this.target = parseTarget(url);
    ({ endpoint: this.endpoint, params: this.params } = core.table.match(method, this.target.path));
  }

  get path(): string {
    return this.target.path;
  }

  get route(): string {
    return this.endpoint.route;
  }

  get query(): unknown {
    return (this.#query ??= parseQuery(this.target.search));
  }

  set query(value: unknown) {
    this.#query = value;
  }

  get headers(): unknown {
    return this.#headers ?? this.req.headers;
  }

  set headers(value: unknown) {
    this.#headers = value;
  }

  get origin(): Origin {
    return originOf(this.req, this.#core.trustedHops);
  }

  get url(): URL {
    const { scheme, host } = this.origin;
    // Whatever else stands in the host field is left out, and a path that starts with two slashes stays a path.
    const base = URL.parse(`${scheme}://${host}`)?.origin ?? `${scheme}://localhost`;
    const target = this.req.originalUrl ?? this.req.url ?? '/';
    return new URL(target.startsWith('/') ? base + target : target, base);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.gone) this.close();
    return this.#controller.signal;
  }

  /** Whether the whole answer was handed to the network. http2 says so in its own way. */
  get finished(): boolean {
    const { writableFinished, stream } = this.res;
    return writableFinished && !stream?.rstCode;
  }

  /** Called when the answer is written, or the connection gone. */
  close(): void {
    this.gone = true;
    if (!this.finished) this.#controller?.abort();
  }

  /** Whether the connection can take another request once this one is answered with a status. */
  reusable(status: number): boolean {
    if (this.#lifeCycle?.draining || status === 413) return false;
    // Whoever has no body to send needs no look at the header fields, which Node makes only when they are asked for.
    if (this.req.complete || this.method === 'GET' || this.method === 'HEAD') return true;
    const { headers } = this.req;
    // A body that nobody has read stands before the next request: one without a known, small length is not waited for.
    return (
      headers['transfer-encoding'] === undefined &&
      Number(headers['content-length'] ?? 0) <= this.endpoint.bodyLimitBytes
    );
  }

  bytes(): Promise<Buffer> {
    return (this.#bytes ??= this.#streamed ? Promise.reject(consumed()) : readBytes(this));
  }

  stream(): ReadableStream<Uint8Array> {
    if (this.#streamed || this.#bytes !== undefined) throw consumed();
    this.#streamed = true;
    return ReadableStream.from(readChunks(this));
  }

  async text(): Promise<string> {
    return (await this.bytes()).toString();
  }

  async json(): Promise<unknown> {
    if (!isJson(this.req.headers['content-type'])) throw problem(415, 'The body must be JSON');
    return parseJson((await this.bytes()).toString());
  }

  async form(): Promise<FormData> {
    const type = this.req.headers['content-type'] ?? '';
    if (!isForm(type)) throw problem(415, 'The body must be a form');
    const body = new Response(new Uint8Array(await this.bytes()), { headers: { 'content-type': type } });
    return body.formData().catch(() => {
      throw problem(400, 'The form is malformed');
    });
  }

  /** Notes why the request failed; the first reason counts. */
  fail(error: unknown): void {
    if (this.error !== undefined) return;
    this.error = error;
    recordException(this.operation, error);
  }

  header(name: string, value: string): void {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    putField((this.fields ??= {}), name, value);
  }
}
