import type { ServerHttp2Stream } from 'node:http2';
import { type Context, type Histogram, SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
} from '@opentelemetry/semantic-conventions';
import { clock } from '@sonde/sdk';
import { errorName } from '../http-server/error-type.ts';
import type { RequestAttributes } from '../http-server/request-attribute-cache.ts';
import { findRoute, type ServerRpcMetadata } from '../http-server/server-rpc.ts';
import { recordError } from '../http-server/traced-request.ts';
import { observeEvents } from './stream-events.ts';

/** The codes with which a client ends a request that it no longer needs. */
const cancellations: ReadonlySet<number | undefined> = new Set([undefined, 0, 8]);

/** Returns the error with which the application destroyed a stream, not that of a connection. */
function applicationError(error: unknown): unknown {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && code.startsWith('ERR_HTTP2_') ? undefined : error;
}

/** A request of an HTTP/2 server that is recorded as a span and a duration. */
export class TracedStream {
  readonly #stream: ServerHttp2Stream;
  readonly #context: Context;
  readonly #attributes: RequestAttributes;
  readonly #rpc: ServerRpcMetadata;
  readonly #duration: Histogram;
  readonly #startMs = clock.now();
  #errorType: string | undefined;
  #isEnded = false;

  constructor(
    stream: ServerHttp2Stream,
    context: Context,
    attributes: RequestAttributes,
    rpc: ServerRpcMetadata,
    duration: Histogram,
  ) {
    this.#stream = stream;
    this.#context = context;
    this.#attributes = attributes;
    this.#rpc = rpc;
    this.#duration = duration;
    attributes.activeCount++;
    observeEvents(stream, context, (event, argument) => {
      if (event === 'error') this.failed(applicationError(argument));
      else if (event === 'close') this.closed();
    });
  }

  get context(): Context {
    return this.#context;
  }

  /** Records an error of the application. */
  failed(error: unknown): void {
    if (error === undefined || error === null || this.#isEnded || this.#errorType !== undefined) return;
    this.#errorType = errorName(error);
    recordError(this.#rpc.span, error);
  }

  closed(): void {
    if (this.#isEnded) return;
    const { failure, span } = this.#rpc;
    const { aborted, rstCode, sentHeaders } = this.#stream;
    // A number: the types of Node.js allow more.
    const status = sentHeaders?.[':status'] as number | undefined;
    if (failure !== undefined && (status === undefined || status >= 500)) this.failed(failure);
    this.#isEnded = true;
    this.#attributes.activeCount--;
    const route = findRoute(this.#rpc);
    const errorType = this.#errorType ?? outcome(status, aborted, rstCode);
    const attributes = this.#attributes.attributes(route, status, errorType);
    const endMs = clock.now();
    this.#duration.record((endMs - this.#startMs) / 1000, attributes, this.#context);
    if (status !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    if (route !== undefined) span.setAttribute(ATTR_HTTP_ROUTE, route);
    if (route) span.updateName(this.#attributes.spanName(route));
    if (errorType !== undefined) {
      span.setAttribute(ATTR_ERROR_TYPE, errorType);
      if (this.#errorType === undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end(endMs);
  }
}

/** Returns `error.type` of a stream that has closed without an error of the application. */
function outcome(
  status: number | undefined,
  isAborted: boolean,
  rstCode: number | undefined,
): string | undefined {
  if (isAborted) return cancellations.has(rstCode) ? 'client_disconnect' : '_OTHER';
  return status !== undefined && status >= 500 ? String(status) : undefined;
}
