import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { IncomingMessage } from 'node:http';
import { type Context, context as contextApi } from '@opentelemetry/api';
import type { Scheme } from '../http-server/addresses.ts';
import type { Emit } from '../http-server/request-scope.ts';
import { isObserved, reportFault } from './stream-events.ts';

/** A stream whose listeners run in the context of its request. */
export interface StreamScope {
  readonly context: Context;
  /** Called with an error that a listener throws, before Node.js ends the process. */
  failed?(error: unknown): void;
  closed?(): void;
}

/** Starts the record of a request. Undefined: the request is not recorded. */
export type BeginStream = (
  stream: ServerHttp2Stream,
  request: IncomingMessage,
  scheme: Scheme,
) => StreamScope | undefined;

/**
 * Calls `begin` for each request of a class of HTTP/2 servers, and runs the listeners in its context. Both APIs of Node.js
 * are based on the event `stream`.
 */
export function watchStreams(prototype: { readonly emit: Emit }, scheme: Scheme, begin: BeginStream): void {
  const { emit: original } = prototype;
  const tryBegin = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): StreamScope | undefined => {
    try {
      return isObserved(stream) ? undefined : begin(stream, toRequest(stream, headers), scheme);
    } catch (fault) {
      reportFault(fault);
      return undefined;
    }
  };
  const emit: Emit = function (...args) {
    const scope =
      args[0] === 'stream'
        ? tryBegin(args[1] as ServerHttp2Stream, args[2] as IncomingHttpHeaders)
        : undefined;
    if (scope === undefined) return Reflect.apply(original, this, args);
    try {
      return contextApi.with(scope.context, () => Reflect.apply(original, this, args));
    } catch (error) {
      scope.failed?.(error);
      scope.closed?.();
      throw error;
    }
  };
  Object.defineProperty(prototype, 'emit', { value: emit, writable: true, configurable: true });
}

/** Returns the request of a stream in the form of HTTP/1, from which attributes are created. */
function toRequest(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): IncomingMessage {
  const { ':authority': authority, ':method': method, ':path': url } = headers;
  const request = {
    method,
    url,
    httpVersion: '2',
    headers: authority === undefined ? headers : { ...headers, host: authority },
    socket: stream.session?.socket,
  };
  return request as unknown as IncomingMessage;
}
