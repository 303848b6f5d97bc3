import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import {
  type Attributes,
  context as contextApi,
  diag,
  type Histogram,
  type MeterProvider,
  metrics,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
  ValueType,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
  METRIC_HTTP_CLIENT_REQUEST_DURATION,
} from '@opentelemetry/semantic-conventions';
import { clock, errorText } from '@sonde/sdk';
import { version } from '../../version.ts';
import { getHeader, setHeader, type UndiciRequest } from './request-headers.ts';

const scope = ['@sonde/instrumentation-undici', version] as const;
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const knownMethods: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

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
export class UndiciClientInstrumentation implements Instrumentation {
  readonly instrumentationName: string = scope[0];
  readonly instrumentationVersion: string = version;
  readonly #active = new WeakMap<UndiciRequest, ActiveRequest>();
  readonly #subscribers: Readonly<Record<string, (message: unknown) => void>>;
  #tracer: Tracer = trace.getTracer(...scope);
  #duration: Histogram = createDurationHistogram(metrics.getMeterProvider());
  #isEnabled = false;

  constructor() {
    this.#subscribers = {
      'undici:request:create': guard(({ request }: Message) => this.#start(request)),
      'undici:client:sendHeaders': guard((message: SocketMessage) => this.#onConnection(message)),
      'undici:request:headers': guard((message: ResponseMessage) => this.#onResponse(message)),
      'undici:request:trailers': guard(({ request }: Message) => this.#end(request)),
      'undici:request:error': guard((message: ErrorMessage) => this.#onError(message)),
    };
  }

  enable(): void {
    if (this.#isEnabled) return;
    this.#isEnabled = true;
    for (const [name, subscriber] of Object.entries(this.#subscribers)) subscribe(name, subscriber);
  }

  disable(): void {
    this.#isEnabled = false;
    for (const [name, subscriber] of Object.entries(this.#subscribers)) unsubscribe(name, subscriber);
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracer = provider.getTracer(...scope);
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

  #start(request: UndiciRequest): void {
    const context = contextApi.active();
    if (request.method === 'CONNECT' || isTracingSuppressed(context)) return;
    const url = URL.parse(request.path, String(request.origin));
    if (url === null) return;
    const original = request.method;
    const method = knownMethods.has(original.toUpperCase()) ? original.toUpperCase() : '_OTHER';
    const measured: Attributes = {
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_SERVER_ADDRESS]: url.hostname,
      [ATTR_SERVER_PORT]: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
      [ATTR_URL_SCHEME]: url.protocol.slice(0, -1),
    };
    const userAgent = getHeader(request, 'user-agent');
    const attributes: Attributes = {
      ...measured,
      ...(method === original ? {} : { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: original }),
      [ATTR_URL_FULL]: url.href,
      [ATTR_URL_PATH]: url.pathname,
      ...(url.search.length > 1 ? { [ATTR_URL_QUERY]: url.search.slice(1) } : {}),
      ...(userAgent === undefined ? {} : { [ATTR_USER_AGENT_ORIGINAL]: userAgent }),
    };
    const name = method === '_OTHER' ? 'HTTP' : method;
    const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context);
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
    this.#duration.record((clock.now() - startMs) / 1000, measured);
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

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration */
function createDurationHistogram(provider: MeterProvider): Histogram {
  return provider.getMeter(...scope).createHistogram(METRIC_HTTP_CLIENT_REQUEST_DURATION, {
    description: 'Duration of HTTP client requests.',
    unit: 's',
    valueType: ValueType.DOUBLE,
    advice: { explicitBucketBoundaries: durationBuckets },
  });
}
