import { type IncomingMessage, Server as HttpServer, type ServerResponse } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import {
  context as contextApi,
  type Histogram,
  type MeterProvider,
  metrics,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type TracerProvider,
  ValueType,
} from '@opentelemetry/api';
import { type RPCMetadata, RPCType, suppressTracing } from '@opentelemetry/core';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { METRIC_HTTP_SERVER_REQUEST_DURATION } from '@opentelemetry/semantic-conventions';

import { state } from '../../state.ts';
import { version } from '../../version.ts';
import {
  canFollow,
  type Emit,
  RequestScope,
  bindListeners,
  isBound,
  watchListeners,
} from './request-scope.ts';
import { TracedRequest, reportError } from './traced-request.ts';
import { type RedactQuery, requestAttributes } from './span-attributes.ts';
import { RequestAttributeCache } from './request-attribute-cache.ts';
import { ServerTracer } from './server-tracer.ts';
import { enterContext, HttpServerContext } from '@sonde/sdk';

const upstreamScope = '@opentelemetry/instrumentation-http';
const scope = ['@sonde/instrumentation-http', version] as const;
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

type EmitArguments = Parameters<Emit>;

/** What {@link HttpServerInstrumentation} is to do. */
export interface HttpServerInstrumentationOptions {
  /** Whether a request is neither traced nor measured; what it calls is not traced then. */
  readonly isIgnored: (request: IncomingMessage) => boolean;
  readonly redactQuery: RedactQuery;
}

/**
 * Traces and measures the requests that servers of `node:http` and `node:https` get, as
 * `@opentelemetry/instrumentation-http` does. A server with an `emit` of its own is left alone.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
export class HttpServerInstrumentation implements Instrumentation {
  readonly instrumentationName: string = scope[0];
  readonly instrumentationVersion: string = version;
  readonly #options: HttpServerInstrumentationOptions;
  readonly #tracer = new ServerTracer(...scope);
  #duration: Histogram = createDurationHistogram(metrics.getMeterProvider());
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
    this.#patch(HttpServer.prototype, new RequestAttributeCache('http'));
    this.#patch(HttpsServer.prototype, new RequestAttributeCache('https'));
  }

  /** Requests that are under way come to their end. */
  disable(): void {
    this.#isEnabled = false;
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracer.setProvider(provider);
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#duration = createDurationHistogram(provider);
  }

  setConfig({ enabled = true }: InstrumentationConfig): void {
    if (enabled) this.enable();
    else this.disable();
  }

  getConfig(): InstrumentationConfig {
    return { enabled: this.#isEnabled };
  }

  #patch(prototype: { readonly emit: Emit }, kinds: RequestAttributeCache): void {
    const { emit: original } = prototype;
    const begin = (request: IncomingMessage, response: ServerResponse): RequestScope | undefined => {
      try {
        return this.#isEnabled ? this.#begin(request, response, kinds) : undefined;
      } catch (fault) {
        reportError(fault);
        return undefined;
      }
    };
    // An array of arguments would be made and applied for each request.
    const emit = function (this: unknown, event: string, request: IncomingMessage, response: ServerResponse) {
      const exchange = event === 'request' ? begin(request, response) : undefined;
      if (exchange === undefined) return Reflect.apply(original, this, arguments as unknown as EmitArguments);
      if (arguments.length === 3) {
        return runListeners(exchange, this, () => original.call(this, event, request, response));
      }
      const args = [...arguments] as EmitArguments;
      return runListeners(exchange, this, () => Reflect.apply(original, this, args));
    } as Emit;
    Object.defineProperty(prototype, 'emit', { value: emit, writable: true, configurable: true });
  }

  /** Undefined for a request that another server has handed over, which is followed already. */
  #begin(
    request: IncomingMessage,
    response: ServerResponse,
    kinds: RequestAttributeCache,
  ): RequestScope | undefined {
    if (isBound(request) || (state.isOtherSdkRefused && isTracedByOther())) return undefined;
    if (this.#options.isIgnored(request)) {
      const exchange = new RequestScope(suppressTracing(contextApi.active()), request, response);
      bindListeners(exchange);
      return exchange;
    }
    // Nothing would say when it is over.
    if (!canFollow(request, response)) return undefined;
    const exchange = this.#measure(request, response, kinds);
    try {
      bindListeners(exchange);
    } catch (fault) {
      exchange.closed();
      throw fault;
    }
    return exchange;
  }

  #measure(request: IncomingMessage, response: ServerResponse, kinds: RequestAttributeCache): TracedRequest {
    const { method = 'GET', httpVersion } = request;
    const kind = kinds.lookup(method, httpVersion);
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = this.#tracer.start(method, parent, () =>
      requestAttributes(request, kind, this.#options.redactQuery),
    );
    const rpc: RPCMetadata = { type: RPCType.HTTP, span };
    const context = HttpServerContext.create(parent, span, rpc);
    return new TracedRequest(request, response, context, kind, rpc, this.#duration);
  }
}

/** Whether the instrumentation of another SDK, which was started after Sonde, has a span for the request already. */
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

/** Whether the context of an exchange is in force: its request may be anything that an application hands to `emit`. */
function entered({ context, request }: RequestScope, server: unknown): boolean {
  try {
    return enterContext(context, request, server);
  } catch (fault) {
    reportError(fault);
    return false;
  }
}

/** Calls those who listen to a server, in the context of an exchange. What they throw is how it ends. */
function runListeners(exchange: RequestScope, server: unknown, go: () => boolean): boolean {
  const { context } = exchange;
  const isEntered = entered(exchange, server);
  try {
    return isEntered ? go() : contextApi.with(context, go);
  } catch (error) {
    exchange.failed(error);
    exchange.closed();
    throw error;
  }
}
