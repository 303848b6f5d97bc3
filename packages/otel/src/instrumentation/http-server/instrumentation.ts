import { type IncomingMessage, Server as HttpServer, type ServerResponse } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2';
import {
  type Context,
  context as contextApi,
  type Histogram,
  type MeterProvider,
  metrics,
  type ObservableResult,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type TracerProvider,
  ValueType,
} from '@opentelemetry/api';
import { RPCType, suppressTracing } from '@opentelemetry/core';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_URL_SCHEME,
  METRIC_HTTP_SERVER_REQUEST_DURATION,
  METRIC_RPC_SERVER_CALL_DURATION,
} from '@opentelemetry/semantic-conventions';

import { requestScheme, type Scheme } from './addresses.ts';
import { METRIC_HTTP_SERVER_ACTIVE_REQUESTS } from '../../semconv.ts';
import { state } from '../../state.ts';
import { version } from '../../version.ts';
import { canBind, type Emit, RequestScope, bindListeners, isBound, watchListeners } from './request-scope.ts';
import { TracedRequest, reportError } from './traced-request.ts';
import { type RedactQuery, requestAttributes } from './span-attributes.ts';
import { type RequestAttributes, RequestAttributeCache } from './request-attribute-cache.ts';
import type { ServerRpcMetadata } from './server-rpc.ts';
import { ServerTracer } from './server-tracer.ts';
import { Handshake } from './upgrade.ts';
import { enterContext, HttpServerContext } from '@sonde/sdk';
import { createDurationHistogram as createCallHistogram } from '../duration-histogram.ts';
import { grpcMethod, isGrpc, isGrpcTraced, isOtlp } from '../http2/grpc.ts';
import { type StreamScope, watchStreams } from '../http2/server.ts';
import { callAttributes, TracedServerCall } from '../http2/server-call.ts';
import { TracedStream } from '../http2/server-stream.ts';
import { isObserved, observeEvents } from '../http2/stream-events.ts';

const upstreamScope = '@opentelemetry/instrumentation-http';
const scope = ['@sonde/instrumentation-http', version] as const;
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

type EmitArguments = Parameters<Emit>;

/** Options of {@link HttpServerInstrumentation}. */
export interface HttpServerInstrumentationOptions {
  /** Whether a request is neither traced nor measured. Tracing is suppressed in its context. */
  readonly isIgnored: (request: IncomingMessage) => boolean;
  readonly redactQuery: RedactQuery;
  /** Whether only HTTP/2 is instrumented. @default false */
  readonly onlyHttp2?: boolean;
}

/**
 * Traces and measures the requests of `node:http`, `node:https` and `node:http2` servers, as `@opentelemetry/instrumentation-http` does.
 * A server with its own `emit` is not instrumented.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export class HttpServerInstrumentation implements Instrumentation {
  readonly instrumentationName: string = scope[0];
  readonly instrumentationVersion: string = version;
  readonly #options: HttpServerInstrumentationOptions;
  readonly #tracer = new ServerTracer(...scope);
  readonly #caches = { http: new RequestAttributeCache('http'), https: new RequestAttributeCache('https') };
  #duration: Histogram = createDurationHistogram(metrics.getMeterProvider());
  #callDuration: Histogram = createCallDurationHistogram(metrics.getMeterProvider());
  #stopObserving: () => void = () => {};
  #isEnabled = false;
  #isPatched = false;

  constructor(options: HttpServerInstrumentationOptions) {
    this.#options = options;
  }

  enable(): void {
    this.#isEnabled = true;
    if (this.#isPatched || this.#options.onlyHttp2 === true) return;
    this.#isPatched = true;
    watchListeners();
    this.#patch(HttpServer.prototype, 'http');
    this.#patch(HttpsServer.prototype, 'https');
  }

  /** Stops instrumenting new requests; active ones are still recorded at their end. */
  disable(): void {
    this.#isEnabled = false;
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracer.setProvider(provider);
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#duration = createDurationHistogram(provider);
    this.#callDuration = createCallDurationHistogram(provider);
    this.#stopObserving();
    this.#stopObserving = observeActiveRequests(provider, Object.values(this.#caches));
  }

  setConfig({ enabled = true }: InstrumentationConfig): void {
    if (enabled) this.enable();
    else this.disable();
  }

  getConfig(): InstrumentationConfig {
    return { enabled: this.#isEnabled };
  }

  /** Instruments a class of HTTP/2 servers, which may serve HTTP/1 too. */
  watchHttp2(prototype: { readonly emit: Emit }, scheme: Scheme): void {
    watchStreams(prototype, scheme, (...request) =>
      this.#isEnabled ? this.#beginStream(...request) : undefined,
    );
    if (this.#options.onlyHttp2 !== true) this.#patch(prototype, scheme);
  }

  #patch(prototype: { readonly emit: Emit }, scheme: Scheme): void {
    const { emit: original } = prototype;
    const begin = (request: IncomingMessage, response: ServerResponse): RequestScope | undefined => {
      try {
        return this.#isEnabled && !isHttp2(request) ? this.#begin(request, response, scheme) : undefined;
      } catch (fault) {
        reportError(fault);
        return undefined;
      }
    };
    const beginUpgrade = (request: IncomingMessage, socket: unknown): Handshake | undefined => {
      try {
        return this.#isEnabled ? this.#beginUpgrade(request, socket as Duplex, scheme) : undefined;
      } catch (fault) {
        reportError(fault);
        return undefined;
      }
    };
    // Named parameters avoid an array of arguments for each request.
    const emit = function (this: unknown, event: string, request: IncomingMessage, response: ServerResponse) {
      const requestScope = event === 'request' ? begin(request, response) : undefined;
      if (requestScope === undefined) {
        const args = arguments as unknown as EmitArguments;
        const handshake = event === 'upgrade' ? beginUpgrade(args[1] as IncomingMessage, args[2]) : undefined;
        const emitOriginal = (): boolean => Reflect.apply(original, this, args);
        return handshake === undefined ? emitOriginal() : runUpgrade(handshake, emitOriginal);
      }
      if (arguments.length === 3) {
        return runListeners(requestScope, this, () => original.call(this, event, request, response));
      }
      const args = [...arguments] as EmitArguments;
      return runListeners(requestScope, this, () => Reflect.apply(original, this, args));
    } as Emit;
    Object.defineProperty(prototype, 'emit', { value: emit, writable: true, configurable: true });
  }

  /** Undefined for a request that is already traced, for example if another server passes it on. */
  #begin(request: IncomingMessage, response: ServerResponse, scheme: Scheme): RequestScope | undefined {
    if (isBound(request) || (state.isOtherSdkRefused && isTracedByOther())) return undefined;
    if (this.#options.isIgnored(request)) {
      const requestScope = new RequestScope(suppressTracing(contextApi.active()), request, response);
      bindListeners(requestScope);
      return requestScope;
    }
    // The end of the response could not be observed.
    if (!canBind(request, response)) return undefined;
    const requestScope = this.#measure(request, response, scheme);
    try {
      bindListeners(requestScope);
    } catch (fault) {
      requestScope.closed();
      throw fault;
    }
    return requestScope;
  }

  /** Undefined for a handshake that is ignored or traced already. */
  #beginUpgrade(request: IncomingMessage, socket: Duplex, scheme: Scheme): Handshake | undefined {
    if (this.#options.isIgnored(request) || (state.isOtherSdkRefused && isTracedByOther())) return undefined;
    const { attributes, context, rpc } = this.#startSpan(request, scheme);
    return new Handshake(socket, context, attributes, rpc, this.#duration);
  }

  #measure(request: IncomingMessage, response: ServerResponse, scheme: Scheme): TracedRequest {
    const { attributes, context, rpc } = this.#startSpan(request, scheme);
    return new TracedRequest(request, response, context, attributes, rpc, this.#duration);
  }

  #startSpan(request: IncomingMessage, scheme: Scheme): StartedSpan {
    const { method = 'GET', httpVersion } = request;
    const attributes = this.#caches[requestScheme(request, scheme)].lookup(method, httpVersion);
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = this.#tracer.start(attributes.spanName(), parent, () =>
      requestAttributes(request, attributes, this.#options.redactQuery),
    );
    const rpc: ServerRpcMetadata = {
      type: RPCType.HTTP,
      span,
      request,
      failure: undefined,
      mount: undefined,
    };
    const context = HttpServerContext.create(parent, span, rpc);
    return { attributes, context, rpc };
  }

  /** Begins a request of HTTP/2; its stream emits no event that could be bound to a response of HTTP/1. */
  #beginStream(
    stream: ServerHttp2Stream,
    request: IncomingMessage,
    connection: Scheme,
  ): StreamScope | undefined {
    if (this.#options.isIgnored(request)) {
      const context = suppressTracing(contextApi.active());
      observeEvents(stream, context, () => {});
      return { context };
    }
    if (isGrpc(request.headers['content-type'])) {
      if (!isGrpcTraced() || isOtlp(request.url ?? '')) return undefined;
      return this.#beginCall(stream, request);
    }
    const { attributes, context, rpc } = this.#startSpan(request, connection);
    return new TracedStream(stream, context, attributes, rpc, this.#duration);
  }

  #beginCall(stream: ServerHttp2Stream, request: IncomingMessage): StreamScope {
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const method = grpcMethod(request.url ?? '');
    const span = this.#tracer.start(method, parent, () => callAttributes(request, method));
    return new TracedServerCall(stream, trace.setSpan(parent, span), span, method, this.#callDuration);
  }
}

/** A span of a request, in its context. */
interface StartedSpan {
  readonly attributes: RequestAttributes;
  readonly context: Context;
  readonly rpc: ServerRpcMetadata;
}

/** Whether the request is one of the compatibility API: its stream is recorded instead, or another server has it. */
const isHttp2 = (request: IncomingMessage): boolean =>
  request.httpVersionMajor === 2 && isObserved((request as unknown as Http2ServerRequest).stream);

/** Whether upstream's instrumentation, started by another SDK after Sonde, has created a span for the request. */
function isTracedByOther(): boolean {
  const span = trace.getSpan(contextApi.active()) as Partial<ReadableSpan> | undefined;
  return span?.kind === SpanKind.SERVER && span.instrumentationScope?.name === upstreamScope;
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
function createDurationHistogram(provider: MeterProvider): Histogram {
  return provider.getMeter(...scope).createHistogram(METRIC_HTTP_SERVER_REQUEST_DURATION, {
    description: 'Duration of HTTP server requests.',
    unit: 's',
    valueType: ValueType.DOUBLE,
    advice: { explicitBucketBoundaries: durationBuckets },
  });
}

/** @see https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/#metric-rpcservercallduration */
function createCallDurationHistogram(provider: MeterProvider): Histogram {
  const meter = provider.getMeter(...scope);
  return createCallHistogram(meter, METRIC_RPC_SERVER_CALL_DURATION, 'Duration of inbound calls.');
}

/**
 * Observes the number of active requests, which costs a request no measurement.
 *
 * @returns stops it
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserveractive_requests
 */
function observeActiveRequests(
  provider: MeterProvider,
  caches: readonly RequestAttributeCache[],
): () => void {
  const counter = provider
    .getMeter(...scope)
    .createObservableUpDownCounter(METRIC_HTTP_SERVER_ACTIVE_REQUESTS, {
      description: 'Number of active HTTP server requests.',
      unit: '{request}',
      valueType: ValueType.INT,
    });
  const observe = (result: ObservableResult): void => {
    for (const cache of caches) {
      for (const [method, count] of cache.countActive()) {
        result.observe(count, { [ATTR_HTTP_REQUEST_METHOD]: method, [ATTR_URL_SCHEME]: cache.scheme });
      }
    }
  };
  counter.addCallback(observe);
  return () => counter.removeCallback(observe);
}

/** Enters the context of a request, which may be any value that an application passes to `emit`. */
function tryEnter({ context, request }: RequestScope, server: unknown): boolean {
  try {
    return enterContext(context, request, server);
  } catch (fault) {
    reportError(fault);
    return false;
  }
}

/** Calls the listeners of an upgrade in the context of its handshake. */
function runUpgrade(handshake: Handshake, emit: () => boolean): boolean {
  try {
    return contextApi.with(handshake.context, emit);
  } catch (error) {
    handshake.failed(error);
    throw error;
  }
}

/** Calls the listeners of a server in the context of a request. An error that they throw ends the request. */
function runListeners(requestScope: RequestScope, server: unknown, emit: () => boolean): boolean {
  const { context } = requestScope;
  const isEntered = tryEnter(requestScope, server);
  try {
    return isEntered ? emit() : contextApi.with(context, emit);
  } catch (error) {
    requestScope.failed(error);
    requestScope.closed();
    throw error;
  }
}
