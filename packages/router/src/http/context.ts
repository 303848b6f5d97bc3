import type { IncomingHttpHeaders } from 'node:http';

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
  /** The template that matched; empty when none did. */
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
