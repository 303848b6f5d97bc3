import type { IncomingHttpHeaders } from 'node:http';

/** The query parameters; a repeated one is a list. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The address of a client, by `trustProxy`. */
export interface Client {
  /** The IP address; undefined on a Unix socket and in `fetch`. */
  readonly address: string | undefined;
  /** The port of the connection; undefined when a trusted proxy is between the client and the server. */
  readonly port: number | undefined;
}

/** The parts of a context whose types depend on a route's template, schemas and middleware. */
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
 * One request. Its properties are computed on first access.
 *
 * @example
 * ```ts
 * import { createRouter } from '@sonde/router';
 *
 * createRouter().get('/users/:id', (c) => ({ id: c.params.id, verbose: c.query.verbose === '1' }));
 * ```
 */
export interface Context<Parts extends Partial<ContextParts> = object> {
  /** The request method, as sent. */
  readonly method: string;
  /** The complete URL, for building links. WHATWG rules normalize it: use `route` and `path` for decisions. */
  readonly url: URL;
  /** The client's address and port. */
  readonly client: Client;
  /** The path as sent, and as matched: nothing is decoded or collapsed. */
  readonly path: string;
  /** The template of the matched route; empty when none matched. */
  readonly route: string;
  /** The template's parameters, percent-decoded, or the output of the route's `params` schema. */
  readonly params: PartOf<Parts, 'params', Readonly<Record<string, string>>>;
  /** The query parameters, or the output of the route's `query` schema. */
  readonly query: PartOf<Parts, 'query', Query>;
  /** The header fields by lower-case name, or the output of the route's `headers` schema. */
  readonly headers: PartOf<Parts, 'headers', IncomingHttpHeaders>;
  /** The output of the route's `body` schema; undefined without one. */
  readonly body: PartOf<Parts, 'body', undefined>;
  /** The state that middleware passed to `next`. */
  readonly state: Readonly<PartOf<Parts, 'state', object>>;
  /**
   * Aborts when the client disconnects before the complete response is sent, and when the server closes while the response
   * is an open event stream.
   */
  readonly signal: AbortSignal;
  /** Reads the body as UTF-8 text. Rejects with 413 beyond the limit. */
  text(): Promise<string>;
  /** Reads the body as JSON. Rejects with 415 for another content type, with 400 for malformed JSON. */
  json(): Promise<unknown>;
  /** Reads a form, urlencoded or multipart. Rejects with 415 for another content type, with 400 for a malformed form. */
  form(): Promise<FormData>;
  /** Reads the body as bytes. Rejects with 413 beyond the limit. */
  bytes(): Promise<Uint8Array>;
  /** Streams the body as it arrives, once. The stream fails with 413 beyond the limit. */
  stream(): ReadableStream<Uint8Array>;
  /**
   * Sets a header field of the response. Fields of the reply take precedence; `set-cookie` is appended.
   *
   * @throws TypeError when the name or value is invalid.
   */
  header(name: string, value: string): void;
}
