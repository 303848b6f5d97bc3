import { validateHeaderName, validateHeaderValue } from 'node:http';
import { parse as parseQuery } from 'node:querystring';
import { context, type Span } from '@opentelemetry/api';
import {
  type BodyType,
  consumed,
  contentLength,
  decodeText,
  parseContentType,
  parseJson,
  readBytes,
  readChunks,
} from './body.ts';
import type { Client } from './context.ts';
import type { Closable, NodeServer } from './graceful-shutdown.ts';
import type { NodeRequest, NodeResponse } from './node-message.ts';
import { getOrigin, type Origin, parseHost, type TrustProxyOptions } from './origin.ts';
import { ignoreRejection } from './ignore-rejection.ts';
import { problem } from './problem.ts';
import { type Fields, putField } from './reply.ts';
import { hasValidHost, splitAuthority } from './request-target.ts';
import { NullObject } from '../routing/null-object.ts';

/** The server of a request, and the proxies in front of it. */
export interface Connection {
  readonly trustProxy: TrustProxyOptions;
  /** The router's own server. */
  readonly server?: NodeServer;
  /** The connections and event streams to close with the server. */
  readonly open?: Set<Closable>;
  /** Whether the server has closed the connections at the end of the grace period. */
  isCut?: boolean;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  expectsContinue?: boolean;
}

const noState: object = Object.freeze({});

/** The implementation of {@link Context}: one request and the state of its response. */
export class RequestContext implements Closable {
  // `declare` avoids field initializers: the constructor sets these fields, and `handle` the last two.
  declare readonly req: NodeRequest;
  declare readonly res: NodeResponse;
  declare readonly method: string;
  declare readonly path: string;
  declare readonly search: string;
  declare route: string;
  declare bodyLimitBytes: number;
  /** Whether the response is an event stream, which only the client or the server ends. */
  declare isEndless?: boolean;
  params: unknown = new NullObject();
  body: unknown;
  state: object = noState;
  /** The span on which exceptions are recorded. */
  span: Span | undefined;
  /** The first error that made the request fail. */
  error: unknown;
  /** The header fields that `header` set. */
  fields: Fields | undefined;
  requestBytes = 0;
  responseBytes = 0;
  readonly connection: Connection;
  readonly #authority: string | undefined;
  #query: unknown;
  #bytes: Promise<Buffer> | undefined;
  #signal: AbortSignal | undefined;
  #abort: (() => void) | undefined;

  constructor(connection: Connection, req: NodeRequest, res: NodeResponse) {
    this.connection = connection;
    this.req = req;
    this.res = res;
    this.method = req.method;
    // The authority does not take part in routing.
    const [authority, target] = splitAuthority(req.url);
    this.#authority = authority ?? (res.stream && (req.headers[':authority'] as string | undefined));
    const question = target.indexOf('?');
    const end = question === -1 ? target.length : question;
    // No route matches an empty path: the response is 400.
    this.path = target.includes('#') || !hasValidHost(req, this.#authority) ? '' : target.slice(0, end);
    this.search = target.slice(end + 1);
  }

  get query(): unknown {
    return (this.#query ??= parseQuery(this.search, '&', '=', { maxKeys: 0 }));
  }

  get headers(): unknown {
    return this.req.headers;
  }

  get origin(): Origin {
    return getOrigin(this.req, this.#authority, this.connection.trustProxy);
  }

  get url(): URL {
    const { scheme, host } = this.origin;
    const [, pathAndSearch] = splitAuthority(this.req.originalUrl ?? this.req.url);
    const base = `${scheme}://${parseHost(host) ? host : 'localhost'}`;
    // Concatenation keeps a path that starts with two slashes a path; `*` is not a path and is left out.
    return new URL(pathAndSearch.startsWith('/') ? base + pathAndSearch : base);
  }

  get client(): Client {
    const { client: address } = this.origin;
    const { remoteAddress, remotePort } = this.req.socket;
    return { address, port: address === remoteAddress ? remotePort : undefined };
  }

  get signal(): AbortSignal {
    if (!this.#abort) {
      const controller = new AbortController();
      this.#signal = controller.signal;
      this.#abort = context.bind(context.active(), () => {
        if (!this.sent) controller.abort();
      });
      if (this.closed) this.#abort();
      // Abort listeners run before telemetry ends.
      else this.res.prependListener('close', this.#abort);
    }
    return this.#signal as AbortSignal;
  }

  /** Aborts the signal, unless the complete response was sent. */
  abort(): void {
    this.#abort?.();
  }

  /** Ends the response of an event stream. */
  destroy(): void {
    this.abort();
    this.res.end();
  }

  /** Whether the response has been ended or the client has disconnected. */
  get closed(): boolean {
    return this.res.writableEnded || (this.res.stream ?? this.res).destroyed;
  }

  /** Whether the complete response was handed to the network. `node:http2` reports a reset stream separately. */
  get sent(): boolean {
    return this.res.writableFinished && !this.res.stream?.rstCode;
  }

  /**
   * Whether the connection can be used for another request after the response. An unread body precedes that request:
   * the router does not wait for one without a declared length within the limit.
   */
  get reusable(): boolean {
    return (
      this.connection.server?.listening !== false &&
      !this.connection.expectsContinue &&
      // Check the method first: Node.js parses the header fields on first access.
      (this.req.complete ||
        this.method === 'GET' ||
        this.method === 'HEAD' ||
        contentLength(this.req) <= this.bodyLimitBytes)
    );
  }

  bytes(): Promise<Buffer> {
    return (this.#bytes ??= ignoreRejection(readBytes(this)));
  }

  stream(): ReadableStream<Uint8Array> {
    if (this.#bytes) throw consumed();
    this.#bytes = ignoreRejection(Promise.reject(consumed()));
    return ReadableStream.from(readChunks(this));
  }

  text(): Promise<string> {
    return ignoreRejection(this.bytes().then(decodeText));
  }

  json(): Promise<unknown> {
    return ignoreRejection(this.#read('JSON', parseJson));
  }

  form(): Promise<FormData> {
    return ignoreRejection(
      this.#read('form', (bytes, type) =>
        new Response(bytes, { headers: { 'content-type': type } }).formData(),
      ),
    );
  }

  header(name: string, value: string): void {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    putField((this.fields ??= {}), name, value);
  }

  async #read<Value>(
    bodyType: BodyType,
    parse: (bytes: Buffer, type: string) => Value | Promise<Value>,
  ): Promise<Value> {
    const { 'content-type': type = '' } = this.req.headers;
    if (parseContentType(type) !== bodyType) throw problem(415, `Expected a ${bodyType} body`);
    const bytes = await this.bytes();
    try {
      return await parse(bytes, type);
    } catch {
      throw problem(400, `Malformed ${bodyType} body`);
    }
  }
}
