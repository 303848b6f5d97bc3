import type { IncomingHttpHeaders } from 'node:http';
import { parse as parseQuery } from 'node:querystring';
import { isJson, parseJson, parseMediaType, type MediaType } from './body.ts';
import type { Operation } from './operation.ts';
import { problem } from './problem.ts';
import type { Endpoint } from './endpoint.ts';

/** The query string's members; one that is repeated is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

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
export interface Context<
  Params = Readonly<Record<string, string>>,
  State = object,
  Body = unknown,
  QueryType = Query,
  Headers = IncomingHttpHeaders,
> {
  /** The request's method, as it came. */
  readonly method: string;
  /** The whole address, for building links; WHATWG rules normalise it, so decide by `path` and `route` instead. */
  readonly url: URL;
  /** The path as it came and was matched: nothing is decoded or collapsed. */
  readonly path: string;
  /** The template that matched. */
  readonly route: string;
  /** The template's parameters, percent-decoded; or what the route's `params` schema made of them. */
  readonly params: Params;
  /** The query string's members; or what the route's `query` schema made of them. */
  readonly query: QueryType;
  /** Header fields by lower-case name; or what the route's `headers` schema made of them. */
  readonly headers: Headers;
  /** What the route's `body` schema made of the body; undefined without one. */
  readonly body: Body;
  /** What middleware handed to `next`. */
  readonly state: State;
  /** Aborts when the client goes away before the answer is written, and only then. */
  readonly signal: AbortSignal;
  /** The body as text, UTF-8. */
  text(): Promise<string>;
  /** The body as JSON: 415 when it says to be something else, 400 when it is malformed. */
  json(): Promise<unknown>;
  /** A form, urlencoded or multipart: 415 when it says to be something else, 400 when it is malformed. */
  form(): Promise<FormData>;
  /** The body's bytes: 413 beyond the limit. */
  bytes(): Promise<Uint8Array>;
  /** The body as it arrives; it errors with 413 beyond the limit. */
  stream(): ReadableStream<Uint8Array>;
  /** Sets a header field of the answer; what the answer itself sets wins. `set-cookie` adds up. */
  header(name: string, value: string): void;
}

/** What both adapters share: everything that does not depend on where the request came from. */
export abstract class RequestContext {
  readonly method: string;
  readonly path: string;
  readonly endpoint: Endpoint;
  params: unknown;
  body: unknown = undefined;
  state: object = {};
  operation: Operation | undefined = undefined;
  /** What a handler threw, when it is not an answer. */
  error: unknown = undefined;
  answerHeaders: string[] | undefined = undefined;
  readonly bodyLimitBytes: number;
  readonly #search: string;
  #query: unknown;
  #bytes: Promise<Uint8Array> | undefined;

  constructor(
    method: string,
    path: string,
    search: string,
    endpoint: Endpoint,
    params: unknown,
    bodyLimitBytes: number,
  ) {
    this.method = method;
    this.path = path;
    this.#search = search;
    this.endpoint = endpoint;
    this.params = params;
    this.bodyLimitBytes = endpoint.bodyLimitBytes ?? bodyLimitBytes;
  }

  abstract get headers(): unknown;
  abstract set headers(value: unknown);
  abstract get url(): URL;
  abstract get signal(): AbortSignal;
  abstract get contentType(): string | undefined;
  abstract stream(): ReadableStream<Uint8Array>;
  protected abstract readBytes(): Promise<Uint8Array>;

  get route(): string {
    return this.endpoint.route;
  }

  get query(): unknown {
    return (this.#query ??= parseQuery(this.#search));
  }

  set query(value: unknown) {
    this.#query = value;
  }

  bytes(): Promise<Uint8Array> {
    return (this.#bytes ??= this.readBytes());
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  async json(): Promise<unknown> {
    if (!isJson(this.mediaType())) throw problem(415, 'The body must be JSON');
    return parseJson(await this.text());
  }

  async form(): Promise<FormData> {
    const type = this.mediaType()?.essence;
    if (type !== 'application/x-www-form-urlencoded' && type !== 'multipart/form-data') {
      throw problem(415, 'The body must be a form');
    }
    const headers = { 'content-type': this.contentType ?? '' };
    const body = new Response((await this.bytes()) as Uint8Array<ArrayBuffer>, { headers });
    return body.formData().catch(() => {
      throw problem(400, 'The body is not a well-formed form');
    });
  }

  header(name: string, value: string): void {
    (this.answerHeaders ??= []).push(name, value);
  }

  /** What the body says to be; undefined when it says nothing or nonsense. */
  mediaType(): MediaType | undefined {
    const value = this.contentType;
    return value === undefined ? undefined : parseMediaType(value);
  }
}
