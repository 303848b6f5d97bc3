import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { type Attributes, type Context, type Histogram, type Span, SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_RPC_METHOD,
  ATTR_RPC_METHOD_ORIGINAL,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  RPC_SYSTEM_NAME_VALUE_GRPC,
} from '@opentelemetry/semantic-conventions';
import { clock } from '@sonde/sdk';
import { serverAddress } from '../http-server/addresses.ts';
import { grpcStatus, isServerError } from './grpc.ts';
import { observeEvents } from './stream-events.ts';

/** Returns the initial attributes of the span of a call. */
export function callAttributes(request: IncomingMessage, method: string): Attributes {
  const { socket } = request;
  const server = serverAddress(request, 'https');
  return {
    [ATTR_RPC_SYSTEM_NAME]: RPC_SYSTEM_NAME_VALUE_GRPC,
    [ATTR_RPC_METHOD]: method,
    [ATTR_SERVER_ADDRESS]: server?.name,
    [ATTR_SERVER_PORT]: server?.port,
    [ATTR_NETWORK_PEER_ADDRESS]: socket?.remoteAddress,
    [ATTR_NETWORK_PEER_PORT]: socket?.remotePort,
  };
}

/**
 * A call of gRPC that a server receives, recorded as a span and a duration.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/
 */
export class TracedServerCall {
  readonly #stream: ServerHttp2Stream;
  readonly #method: string;
  readonly #span: Span;
  readonly #duration: Histogram;
  readonly #startMs = clock.now();
  readonly context: Context;
  #isEnded = false;

  /** @param context contains the span */
  constructor(stream: ServerHttp2Stream, context: Context, span: Span, method: string, duration: Histogram) {
    this.#stream = stream;
    this.context = context;
    this.#span = span;
    this.#method = method;
    this.#duration = duration;
    observeEvents(stream, context, (event) => {
      if (event === 'close') this.#closed();
    });
  }

  #closed(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { sentHeaders, sentTrailers } = this.#stream;
    // A client cancels a call whose deadline has passed, and then receives no status.
    const status = grpcStatus(sentTrailers?.['grpc-status'] ?? sentHeaders?.['grpc-status']) ?? 'CANCELLED';
    const isKnown = status !== 'UNIMPLEMENTED';
    const outcome: Attributes = {
      [ATTR_RPC_STATUS_CODE]: status,
      ...(isServerError(status) ? { [ATTR_ERROR_TYPE]: status } : {}),
      // Clients choose the names of methods that do not exist.
      ...(isKnown ? {} : { [ATTR_RPC_METHOD]: '_OTHER' }),
    };
    const span = this.#span;
    span.setAttributes(outcome);
    if (!isKnown) {
      span.setAttribute(ATTR_RPC_METHOD_ORIGINAL, this.#method);
      span.updateName('_OTHER');
    }
    if (outcome[ATTR_ERROR_TYPE] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    const endMs = clock.now();
    const measured = {
      [ATTR_RPC_SYSTEM_NAME]: RPC_SYSTEM_NAME_VALUE_GRPC,
      [ATTR_RPC_METHOD]: this.#method,
      ...outcome,
    };
    this.#duration.record((endMs - this.#startMs) / 1000, measured, this.context);
    span.end(endMs);
  }
}
