import {
  type IncomingMessage,
  type ServerResponse,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { parse as parseQuery } from 'node:querystring';
import { inspect } from 'node:util';
import { context, type Span } from '@opentelemetry/api';
import { type Fields, putField } from './reply.ts';
import { NullObject } from '../routing/null-object.ts';
import {
  consumed,
  type BodyType,
  parseContentType,
  contentLength,
  parseJson,
  readBytes,
  readChunks,
} from './body.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import type { RouterCore } from './handle.ts';
import { parseHost, type Origin, getOrigin } from './origin.ts';
import { problem } from './problem.ts';
import { hasValidHost, targetOf } from '../routing/percent-encode.ts';
import { guarded } from '../telemetry/telemetry.ts';

/** A request of node:http, with what a host framework may have put there before us. */
export type NodeRequest = IncomingMessage & {
  readonly method: string;
  readonly url: string;
  readonly body?: unknown;
  readonly originalUrl?: string;
  readonly baseUrl?: string;
};

/** A response of node:http; of http2, when it has a stream. */
export type NodeResponse = ServerResponse & {
  readonly stream?: { readonly rstCode?: number; readonly destroyed: boolean };
};

/** A client that goes away must not end the process, when a handler began to read and has not come to wait for it. */
function quiet<Value>(reading: Promise<Value>): Promise<Value> {
  reading.catch(() => {});
  return reading;
}

const noState: object = Object.freeze({});

/** One request, behind what handlers see of it. */
export class RequestContext {
  // Declared only: the constructor sets them.
  declare readonly req: NodeRequest;
  declare readonly res: NodeResponse;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly search: string;
  declare readonly endpoint: Endpoint;
  declare readonly route: string;
  params: unknown = new NullObject();
  body: unknown;
  state: object = noState;
  /** Where exceptions are recorded. */
  span: Span | undefined;
  /** What a handler threw, when that is why the request failed. */
  error: unknown;
  /** What `header` set. */
  fields: Fields | undefined;
  requestBytes = 0;
  responseBytes = 0;
  readonly #core: RouterCore;
  readonly #authority: string | undefined;
  #query: unknown;
  #headers: unknown;
  #bytes: Promise<Buffer> | undefined;
  #signal: AbortSignal | undefined;

  constructor(core: RouterCore, req: NodeRequest, res: NodeResponse) {
    const { method, url } = req;
    this.#core = core;
    this.req = req;
    this.res = res;
    this.method = method;
    // The authority of a target in absolute form does not matter to routing.
    const target = targetOf(url);
    const { rest } = target;
    this.#authority = target.authority ?? (res.stream && (req.headers[':authority'] as string | undefined));
    const question = rest.indexOf('?');
    const end = question === -1 ? rest.length : question;
    // No route has an empty path: the answer is 400.
    this.path = rest.includes('#') || !hasValidHost(req, this.#authority) ? '' : rest.slice(0, end);
    this.search = rest.slice(end + 1);
    this.endpoint = core.table.match(method, this.path, this.params as Record<string, unknown>);
    this.route = this.endpoint.route;
  }

  get bodyLimitBytes(): number {
    return this.endpoint.bodyLimitBytes ?? 1_048_576;
  }

  get query(): unknown {
    return (this.#query ??= parseQuery(this.search));
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
    return getOrigin(this.req, this.#authority, this.#core.trustProxy);
  }

  get url(): URL {
    const { scheme, host } = this.origin;
    const { rest } = targetOf(this.req.originalUrl ?? this.req.url);
    const base = `${scheme}://${parseHost(host) ? host : 'localhost'}`;
    // A path that starts with two slashes stays a path; what is no path is left out.
    return new URL(rest.startsWith('/') ? base + rest : base);
  }

  get signal(): AbortSignal {
    if (!this.#signal) {
      const controller = new AbortController();
      const close = context.bind(context.active(), () => {
        if (!this.sent) controller.abort();
      });
      if (this.closed) close();
      // Before telemetry ends.
      else this.res.prependListener('close', close);
      this.#signal = controller.signal;
    }
    return this.#signal;
  }

  /** Whether the request is over: its client has gone, or has its answer. */
  get closed(): boolean {
    return (this.res.stream ?? this.res).destroyed;
  }

  /** Whether the whole answer was handed to the network. http2 says so in its own way. */
  get sent(): boolean {
    return this.res.writableFinished && !this.res.stream?.rstCode;
  }

  /**
   * Whether the connection can take another request once this one is answered. A body that nobody has read stands
   * before it: one without a known, small length is not waited for.
   */
  get reusable(): boolean {
    return (
      this.#core.server?.listening !== false &&
      // Node makes the header fields only when they are asked for.
      (this.req.complete ||
        this.method === 'GET' ||
        this.method === 'HEAD' ||
        contentLength(this.req) <= this.bodyLimitBytes)
    );
  }

  bytes(): Promise<Buffer> {
    return (this.#bytes ??= quiet(readBytes(this)));
  }

  stream(): ReadableStream<Uint8Array> {
    if (this.#bytes) throw consumed();
    this.#bytes = quiet(Promise.reject(consumed()));
    return ReadableStream.from(readChunks(this));
  }

  text(): Promise<string> {
    return quiet(this.bytes().then(String));
  }

  json(): Promise<unknown> {
    return quiet(this.#read('JSON', parseJson));
  }

  form(): Promise<FormData> {
    return quiet(
      this.#read('form', (bytes, type) =>
        new Response(bytes, { headers: { 'content-type': type } }).formData(),
      ),
    );
  }

  /** Notes why the request failed, if nothing was noted before; giving up because the client has gone is no failure. */
  fail(error: unknown): boolean {
    const gaveUp = this.closed && (error as Error | undefined)?.name === 'AbortError';
    if (gaveUp || this.error !== undefined) return false;
    this.error = error;
    // At once: a host's span may end before the request does.
    guarded(() => this.span?.recordException(error instanceof Error ? error : inspect(error)));
    return true;
  }

  header(name: string, value: string): void {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    putField((this.fields ??= {}), name, value);
  }

  async #read<Value>(
    kind: BodyType,
    parse: (bytes: Buffer, type: string) => Value | Promise<Value>,
  ): Promise<Value> {
    const { 'content-type': type = '' } = this.req.headers;
    if (parseContentType(type) !== kind) throw problem(415, `The body is no ${kind}`);
    const bytes = await this.bytes();
    try {
      return await parse(bytes, type);
    } catch {
      throw problem(400, `The ${kind} is malformed`);
    }
  }
}
