import { type IncomingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http';
import { parse as parseQuery } from 'node:querystring';
import type { Fields } from './answer.ts';
import { essenceOf, form, isJson, parseJson, textOf } from './body.ts';
import type { Endpoint } from './endpoint.ts';
import type { Origin, Scheme } from './origin.ts';
import { type Operation, recordException } from './operation.ts';
import { problem } from './problem.ts';
import { RouterError } from './router-error.ts';
import type { Target } from './target.ts';

/** The query string's members; one that is repeated is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The parts of a context that a route's template, schemas and middleware give a type. */
export interface ContextParts {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
  readonly state: object;
}

type PartOf<Parts, Name extends keyof ContextParts, Default> = Parts extends {
  readonly [Key in Name]: infer Value;
}
  ? Value
  : Default;

/**
 * One request, as a handler sees it. What is not read costs nothing.
 *
 * @example
 * ```ts
 * import { createRouter } from '@sonde/router';
 *
 * createRouter().get('/users/:id', (c) => ({ id: c.params.id, verbose: c.query.verbose === '1' }));
 * ```
 */
export interface Context<Parts extends Partial<ContextParts> = object> {
  /** The request's method, as it came. */
  readonly method: string;
  /** The whole address, for building links. WHATWG rules normalise it: decide by `route` and `path` instead. */
  readonly url: URL;
  /** The path as it came and was matched: nothing is decoded or collapsed. */
  readonly path: string;
  /** The template that matched. */
  readonly route: string;
  /** The template's parameters, percent-decoded; or what the route's `params` schema made of them. */
  readonly params: PartOf<Parts, 'params', Readonly<Record<string, string>>>;
  /** The query string's members; or what the route's `query` schema made of them. */
  readonly query: PartOf<Parts, 'query', Query>;
  /** Header fields by lower-case name; or what the route's `headers` schema made of them. */
  readonly headers: PartOf<Parts, 'headers', IncomingHttpHeaders>;
  /** What the route's `body` schema made of the body; undefined without one. */
  readonly body: PartOf<Parts, 'body', undefined>;
  /** What middleware handed to `next`. */
  readonly state: Readonly<PartOf<Parts, 'state', object>>;
  /** Aborts when the client goes away before the answer is written, and only then. */
  readonly signal: AbortSignal;
  /** The body as text, in UTF-8. */
  text(): Promise<string>;
  /** The body as JSON: 415 when it says to be something else, 400 when it is malformed. */
  json(): Promise<unknown>;
  /** A form, urlencoded or multipart: 415 when it says to be something else, 400 when it is malformed. */
  form(): Promise<FormData>;
  /** The body's bytes: 413 beyond the limit. */
  bytes(): Promise<Uint8Array>;
  /** The body as it arrives, once; it fails with 413 beyond the limit. */
  stream(): ReadableStream<Uint8Array>;
  /** Sets a header field of the answer. What the answer itself sets wins; `set-cookie` adds up. Throws when they cannot be sent. */
  header(name: string, value: string): void;
}

/** The other end of the connection. */
export interface Peer {
  readonly address: string | undefined;
  readonly port: number | undefined;
}

const noState: object = Object.freeze({});

/** What both adapters share: everything that does not depend on where the request came from. */
export abstract class RequestContext {
  readonly method: string;
  readonly target: Target;
  readonly endpoint: Endpoint;
  params: unknown;
  body: unknown = undefined;
  state: object = noState;
  operation: Operation | undefined = undefined;
  /** What `header` set. */
  fields: Fields | undefined = undefined;
  requestBytes = 0;
  responseBytes = 0;
  #query: unknown = undefined;
  #headers: unknown = undefined;
  #bytes: Promise<Uint8Array> | undefined = undefined;
  #streamed = false;
  #error: unknown = undefined;

  constructor(method: string, target: Target, endpoint: Endpoint, params: unknown) {
    this.method = method;
    this.target = target;
    this.endpoint = endpoint;
    this.params = params;
  }

  abstract get url(): URL;
  abstract get signal(): AbortSignal;
  abstract get rawHeaders(): IncomingHttpHeaders;
  /** Whether the request is over: its client has gone, or has its answer. */
  abstract readonly gone: boolean;
  abstract get origin(): Origin;
  protected abstract readBytes(limitBytes: number): Promise<Uint8Array>;
  protected abstract readStream(limitBytes: number): ReadableStream<Uint8Array>;

  get scheme(): Scheme {
    return this.origin.scheme;
  }

  /** The other end of the connection, where there is one. */
  get peer(): Peer | undefined {
    return undefined;
  }

  /** The version of HTTP, where it is known. */
  get version(): string | undefined {
    return undefined;
  }

  /** The path at which a host framework mounted the router. */
  get base(): string {
    return '';
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
    return this.#headers ?? this.rawHeaders;
  }

  set headers(value: unknown) {
    this.#headers = value;
  }

  get contentType(): string | undefined {
    return this.rawHeaders['content-type'];
  }

  bytes(): Promise<Uint8Array> {
    if (this.#streamed) return Promise.reject(consumed());
    return (this.#bytes ??= this.readBytes(this.endpoint.bodyLimitBytes));
  }

  stream(): ReadableStream<Uint8Array> {
    if (this.#streamed || this.#bytes !== undefined) throw consumed();
    this.#streamed = true;
    return this.readStream(this.endpoint.bodyLimitBytes);
  }

  async text(): Promise<string> {
    return textOf(await this.bytes());
  }

  async json(): Promise<unknown> {
    if (!isJson(this.contentType)) throw problem(415, 'The body must be JSON');
    return parseJson(textOf(await this.bytes()));
  }

  async form(): Promise<FormData> {
    if (!form.includes(essenceOf(this.contentType))) throw problem(415, 'The body must be a form');
    const bytes = await this.bytes();
    const body = new Response(new Uint8Array(bytes), { headers: { 'content-type': this.contentType ?? '' } });
    return body.formData().catch(() => {
      throw problem(400, 'The body is not a well-formed form');
    });
  }

  /** What a handler threw, when that is why the request failed. */
  get error(): unknown {
    return this.#error;
  }

  /** Notes why the request failed; the first reason counts. */
  fail(error: unknown): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    if (this.operation !== undefined) recordException(this.operation, error);
  }

  header(name: string, value: string): void {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    const key = name.toLowerCase();
    this.fields ??= {};
    this.fields[key] = key === 'set-cookie' ? [this.fields[key] ?? [], value].flat() : value;
  }
}

/** The error of a second reader. */
export function consumed(): RouterError {
  return new RouterError('SONDE_BODY_CONSUMED', 'The body was taken as a stream, or read, before');
}
