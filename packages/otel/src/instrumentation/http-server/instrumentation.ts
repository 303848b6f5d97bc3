import { type IncomingMessage, Server as HttpServer, type ServerResponse } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import {
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
} from '@opentelemetry/semantic-conventions';

import { requestScheme, type Scheme } from './addresses.ts';
import { METRIC_HTTP_SERVER_ACTIVE_REQUESTS } from '../../semconv.ts';
import { state } from '../../state.ts';
import { version } from '../../version.ts';
import { canBind, type Emit, RequestScope, bindListeners, isBound, watchListeners } from './request-scope.ts';
import { TracedRequest, reportError } from './traced-request.ts';
import { type RedactQuery, requestAttributes } from './span-attributes.ts';
import { RequestAttributeCache } from './request-attribute-cache.ts';
import type { ServerRpcMetadata } from './server-rpc.ts';
import { ServerTracer } from './server-tracer.ts';
import { enterContext, HttpServerContext } from '@sonde/sdk';

const upstreamScope = '@opentelemetry/instrumentation-http';
const scope = ['@sonde/instrumentation-http', version] as const;
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

type EmitArguments = Parameters<Emit>;

/** Options of {@link HttpServerInstrumentation}. */
export interface HttpServerInstrumentationOptions {
  /** Whether a request is neither traced nor measured. Tracing is suppressed in its context. */
  readonly isIgnored: (request: IncomingMessage) => boolean;
  readonly redactQuery: RedactQuery;
}

/**
 * Traces and measures the requests of `node:http` and `node:https` servers, as `@opentelemetry/instrumentation-http` does.
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
  #stopObserving: () => void = () => {};
  #isEnabled = false;
  #isPatched = false;

  constructor(options: HttpServerInstrumentationOptions) {
    this.#options = options;
  }

  enable(): void {
    this.#isEnabled = true;
    if (this.#isPatched) return;
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

  #patch(prototype: { readonly emit: Emit }, scheme: Scheme): void {
    const { emit: original } = prototype;
    const begin = (request: IncomingMessage, response: ServerResponse): RequestScope | undefined => {
      try {
        return this.#isEnabled ? this.#begin(request, response, scheme) : undefined;
      } catch (fault) {
        reportError(fault);
        return undefined;
      }
    };
    // Named parameters avoid an array of arguments for each request.
    const emit = function (this: unknown, event: string, request: IncomingMessage, response: ServerResponse) {
      const requestScope = event === 'request' ? begin(request, response) : undefined;
      if (requestScope === undefined)
        return Reflect.apply(original, this, arguments as unknown as EmitArguments);
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

  #measure(request: IncomingMessage, response: ServerResponse, scheme: Scheme): TracedRequest {
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
    return new TracedRequest(request, response, context, attributes, rpc, this.#duration);
  }
}

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
