import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { type Attributes, type Context, type Histogram, type Span, SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
} from '@opentelemetry/semantic-conventions';
import { clock } from '@sonde/sdk';
import { observeEvents } from './stream-events.ts';

interface CodedError extends Error {
  readonly code?: unknown;
}

/** Returns the error behind one that Node.js creates for each stream of a lost connection. */
function rootError(error: unknown): unknown {
  const { cause, code } = (error ?? {}) as CodedError;
  return code === 'ERR_HTTP2_STREAM_CANCEL' && cause instanceof Error ? cause : error;
}

/** Returns the code of an error, such as `ECONNREFUSED`, else its name. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  const { code, name } = error as CodedError;
  return typeof code === 'string' && code !== '' ? code : name || '_OTHER';
}

/** A request of an HTTP/2 client that is recorded as a span and a duration. */
export class TracedClientStream {
  readonly #stream: ClientHttp2Stream;
  readonly #span: Span;
  readonly #measured: Attributes;
  readonly #duration: Histogram;
  readonly #context: Context;
  readonly #startMs: number;
  #isEnded = false;

  /**
   * @param parent the context of the caller, in which its listeners run
   * @param context contains the span
   */
  constructor(
    stream: ClientHttp2Stream,
    parent: Context,
    context: Context,
    { span, startMs, measured }: { span: Span; startMs: number; measured: Attributes },
    duration: Histogram,
  ) {
    this.#stream = stream;
    this.#context = context;
    this.#span = span;
    this.#startMs = startMs;
    this.#measured = measured;
    this.#duration = duration;
    observeEvents(stream, parent, (event, argument) => {
      if (event === 'response') this.#onResponse(argument as IncomingHttpHeaders);
      else if (event === 'error') this.#onError(argument);
      else if (event === 'close') this.#end();
    });
  }

  #onResponse({ ':status': status }: IncomingHttpHeaders & { readonly ':status'?: number }): void {
    const { remoteAddress, remotePort } = this.#stream.session?.socket ?? {};
    this.#span.setAttributes({
      ...(remoteAddress === undefined ? {} : { [ATTR_NETWORK_PEER_ADDRESS]: remoteAddress }),
      ...(remotePort === undefined ? {} : { [ATTR_NETWORK_PEER_PORT]: remotePort }),
    });
    if (status === undefined) return;
    this.#record({
      [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
      ...(status >= 400 ? { [ATTR_ERROR_TYPE]: String(status) } : {}),
    });
    if (status >= 400) this.#span.setStatus({ code: SpanStatusCode.ERROR });
  }

  #onError(error: unknown): void {
    const cause = rootError(error);
    // An application that cancels its request does so on purpose.
    if (cause instanceof Error && cause.name === 'AbortError') return;
    this.#record({ [ATTR_ERROR_TYPE]: errorType(cause) });
    const exception = cause instanceof Error ? cause : String(cause);
    this.#span.recordException(exception);
    this.#span.setStatus({
      code: SpanStatusCode.ERROR,
      message: cause instanceof Error ? cause.message : String(cause),
    });
  }

  #record(outcome: Attributes): void {
    if (this.#isEnded) return;
    Object.assign(this.#measured, outcome);
    this.#span.setAttributes(outcome);
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#duration.record((clock.now() - this.#startMs) / 1000, this.#measured, this.#context);
    this.#span.end();
  }
}
