import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import {
  type Attributes,
  context as contextApi,
  diag,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
} from '@opentelemetry/semantic-conventions';
import { clock, errorText } from '@sonde/sdk';
import { ClientInstrumentation } from '../client-instrumentation.ts';
import { clientDuration, describeClientRequest } from './client-request.ts';
import { getHeader, setHeader, type UndiciRequest } from './request-headers.ts';

const switchingProtocols = 101;

interface Message {
  readonly request: UndiciRequest;
}
interface SocketMessage extends Message {
  readonly socket: Socket & { readonly alpnProtocol?: unknown };
}
interface ResponseMessage extends Message {
  readonly response: { readonly statusCode: number };
}
interface ErrorMessage extends Message {
  readonly error: unknown;
}

/** A request that has not ended. */
interface ActiveRequest {
  readonly span: Span;
  readonly startMs: number;
  /** The attributes of the measurement. */
  readonly measured: Attributes;
}

/**
 * Traces and measures the requests of `fetch` and undici, which publish them on channels of Node.js.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
 */
export class UndiciClientInstrumentation extends ClientInstrumentation {
  readonly #active = new WeakMap<UndiciRequest, ActiveRequest>();
  readonly #subscribers: Readonly<Record<string, (message: unknown) => void>>;

  constructor() {
    super('@sonde/instrumentation-undici', clientDuration);
    this.#subscribers = {
      'undici:request:create': guard(({ request }: Message) => this.#start(request)),
      'undici:client:sendHeaders': guard((message: SocketMessage) => this.#onConnection(message)),
      'undici:request:headers': guard((message: ResponseMessage) => this.#onResponse(message)),
      'undici:request:trailers': guard(({ request }: Message) => this.#end(request)),
      'undici:request:error': guard((message: ErrorMessage) => this.#onError(message)),
    };
  }

  enable(): void {
    if (this.isEnabled) return;
    this.isEnabled = true;
    for (const [name, subscriber] of Object.entries(this.#subscribers)) subscribe(name, subscriber);
  }

  disable(): void {
    this.isEnabled = false;
    for (const [name, subscriber] of Object.entries(this.#subscribers)) unsubscribe(name, subscriber);
  }

  #start(request: UndiciRequest): void {
    const context = contextApi.active();
    if (request.method === 'CONNECT' || isTracingSuppressed(context)) return;
    const url = URL.parse(request.path, String(request.origin));
    if (url === null) return;
    const { attributes, measured, name } = describeClientRequest({
      url,
      method: request.method.toUpperCase(),
      originalMethod: request.method,
      userAgent: getHeader(request, 'user-agent'),
    });
    const span = this.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context);
    this.#active.set(request, { span, startMs: clock.now(), measured });
    const carrier: Record<string, string> = {};
    propagation.inject(trace.setSpan(context, span), carrier);
    // The application may have set them too, and servers reject a trace context that is there twice.
    for (const [header, value] of Object.entries(carrier)) setHeader(request, header, value);
    if (request.upgrade) this.#watchUpgrade(request);
  }

  /** Not every undici publishes the response to an upgrade, and its method has another name since undici 8. */
  #watchUpgrade(request: UndiciRequest): void {
    const onResponse = guard((message: ResponseMessage) => this.#onResponse(message));
    for (const name of ['onUpgrade', 'onRequestUpgrade'] as const) {
      const onUpgrade = request[name];
      if (typeof onUpgrade !== 'function') continue;
      request[name] = function (statusCode, ...rest) {
        onResponse({ request, response: { statusCode } });
        return Reflect.apply(onUpgrade, this, [statusCode, ...rest]);
      };
    }
  }

  #onConnection({ request, socket }: SocketMessage): void {
    const active = this.#active.get(request);
    if (active === undefined) return;
    const { remoteAddress, remotePort } = socket;
    const protocol = socket.alpnProtocol === 'h2' ? '2' : '1.1';
    active.measured[ATTR_NETWORK_PROTOCOL_VERSION] = protocol;
    active.span.setAttributes({
      [ATTR_NETWORK_PROTOCOL_VERSION]: protocol,
      ...(remoteAddress === undefined ? {} : { [ATTR_NETWORK_PEER_ADDRESS]: remoteAddress }),
      ...(remotePort === undefined ? {} : { [ATTR_NETWORK_PEER_PORT]: remotePort }),
    });
  }

  #onResponse({ request, response: { statusCode } }: ResponseMessage): void {
    const active = this.#active.get(request);
    if (active === undefined) return;
    const outcome: Attributes = {
      [ATTR_HTTP_RESPONSE_STATUS_CODE]: statusCode,
      ...(statusCode >= 400 ? { [ATTR_ERROR_TYPE]: String(statusCode) } : {}),
    };
    Object.assign(active.measured, outcome);
    active.span.setAttributes(outcome);
    if (statusCode >= 400) active.span.setStatus({ code: SpanStatusCode.ERROR });
    // The bytes that follow are not HTTP.
    if (statusCode === switchingProtocols) this.#end(request);
  }

  #onError({ error, request }: ErrorMessage): void {
    const active = this.#active.get(request);
    // An application that cancels its request does so on purpose.
    if (active !== undefined && !isAbort(error)) {
      const type = errorType(error);
      active.measured[ATTR_ERROR_TYPE] = type;
      active.span.setAttribute(ATTR_ERROR_TYPE, type);
      active.span.recordException(error instanceof Error ? error : errorText(error));
      active.span.setStatus({ code: SpanStatusCode.ERROR, message: errorMessage(error) });
    }
    this.#end(request);
  }

  #end(request: UndiciRequest): void {
    const active = this.#active.get(request);
    if (active === undefined) return;
    this.#active.delete(request);
    const { measured, span, startMs } = active;
    span.end();
    this.duration.record((clock.now() - startMs) / 1000, measured);
  }
}

const errorMessage = (error: unknown): string => (error instanceof Error ? error.message : errorText(error));

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/** Returns the code of an error, such as `ECONNREFUSED`, else its name: the code of a `DOMException` is a number. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  const { code, name } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && code !== '' ? code : name || '_OTHER';
}

/** Errors of telemetry must not reach the application: Node.js throws those of subscribers later, as uncaught. */
function guard(subscriber: (message: never) => void): (message: unknown) => void {
  return (message) => {
    try {
      subscriber(message as never);
    } catch (fault) {
      diag.error('failed to record a request of undici', fault);
    }
  };
}
