import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request of `node:http`, with the members that a host framework may have added. */
export type NodeRequest = IncomingMessage & {
  readonly method: string;
  readonly url: string;
  readonly body?: unknown;
  readonly originalUrl?: string;
  readonly baseUrl?: string;
  readonly params?: Readonly<Record<string, string>>;
};

/** A response of `node:http`, or of `node:http2` when it has a stream. */
export type NodeResponse = ServerResponse & {
  readonly stream?: { readonly rstCode?: number; readonly destroyed: boolean };
};
