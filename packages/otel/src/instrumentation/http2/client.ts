import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import {
  type Attributes,
  type Context,
  context as contextApi,
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
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
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
import { clock } from '@sonde/sdk';
import { version } from '../../version.ts';
import { errorName } from '../http-server/error-type.ts';
import { createDurationHistogram } from './call-metrics.ts';
import { TracedClientStream } from './client-stream.ts';
import { addHeaders, getHeader, type Http2Headers } from './request-headers.ts';
import { reportFault } from './stream-events.ts';

const scope = ['@sonde/instrumentation-http2', version] as const;

const knownMethods: ReadonlySet<string> = new Set(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '),
);

const connectedChannel = 'undici:client:connected';
const usedByUndici = Symbol('sonde.undici');

type Request = (this: ClientHttp2Session, headers?: Http2Headers, ...rest: unknown[]) => ClientHttp2Stream;

/** The span of a request that Node.js has not sent. */
interface StartedRequest {
  readonly span: Span;
  readonly startMs: number;
  /** The attributes of the measurement. */
  readonly measured: Attributes;
  readonly context: Context;
}

/**
 * Traces and measures the requests of HTTP/2 clients. The channels of Node.js do not suffice: they publish a request after
 * its headers are sent, and Node.js 22 has none.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
 */
export class Http2ClientInstrumentation implements Instrumentation {
  readonly instrumentationName: string = scope[0];
  readonly instrumentationVersion: string = version;
  #tracer: Tracer = trace.getTracer(...scope);
  #duration: Histogram = createHistogram(metrics.getMeterProvider());
  #isEnabled = false;

  enable(): void {
    if (this.#isEnabled) return;
    this.#isEnabled = true;
    subscribe(connectedChannel, markUndici);
  }

  disable(): void {
    this.#isEnabled = false;
    unsubscribe(connectedChannel, markUndici);
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracer = provider.getTracer(...scope);
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#duration = createHistogram(provider);
  }

  setConfig({ enabled = true }: InstrumentationConfig): void {
    if (enabled) this.enable();
    else this.disable();
  }

  getConfig(): InstrumentationConfig {
    return { enabled: this.#isEnabled };
  }

  /** Records the requests of a session. @param authority the first argument of `http2.connect` */
  watch(session: ClientHttp2Session, authority: unknown): void {
    const origin = toOrigin(authority);
    const { request: original } = session as { readonly request: Request };
    const begin = (headers: Http2Headers): StartedRequest | undefined => {
      try {
        const isRecorded = this.#isEnabled && !isUsedByUndici(session) && !isFromGrpcJs(headers);
        return isRecorded ? this.#start(headers, origin) : undefined;
      } catch (fault) {
        reportFault(fault);
        return undefined;
      }
    };
    const request: Request = (headers = {}, ...rest) => {
      const started = begin(headers);
      if (started === undefined) return Reflect.apply(original, session, [headers, ...rest]);
      const parent = contextApi.active();
      try {
        const carrier: Record<string, string> = {};
        propagation.inject(started.context, carrier);
        const stream = Reflect.apply(original, session, [addHeaders(headers, carrier), ...rest]);
        void new TracedClientStream(stream, parent, started.context, started, this.#duration);
        return stream;
      } catch (error) {
        started.span.setAttribute(ATTR_ERROR_TYPE, errorName(error));
        started.span.setStatus({ code: SpanStatusCode.ERROR });
        started.span.end();
        throw error;
      }
    };
    session.request = request;
  }

  #start(headers: Http2Headers, origin: URL | null): StartedRequest | undefined {
    const parent = contextApi.active();
    if (isTracingSuppressed(parent)) return undefined;
    const scheme = getHeader(headers, ':scheme') ?? origin?.protocol.slice(0, -1) ?? 'https';
    const authority = getHeader(headers, ':authority') ?? getHeader(headers, 'host') ?? origin?.host ?? '';
    const url = URL.parse(getHeader(headers, ':path') ?? '/', `${scheme}://${authority}`);
    if (url === null) return undefined;
    const original = getHeader(headers, ':method') ?? 'GET';
    const method = knownMethods.has(original) ? original : '_OTHER';
    const measured: Attributes = {
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_SERVER_ADDRESS]: url.hostname,
      [ATTR_SERVER_PORT]: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
      [ATTR_URL_SCHEME]: scheme,
      [ATTR_NETWORK_PROTOCOL_VERSION]: '2',
    };
    const userAgent = getHeader(headers, 'user-agent');
    const attributes: Attributes = {
      ...measured,
      ...(method === original ? {} : { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: original }),
      [ATTR_URL_FULL]: url.href,
      [ATTR_URL_PATH]: url.pathname,
      ...(url.search.length > 1 ? { [ATTR_URL_QUERY]: url.search.slice(1) } : {}),
      ...(userAgent === undefined ? {} : { [ATTR_USER_AGENT_ORIGINAL]: userAgent }),
    };
    const name = method === '_OTHER' ? 'HTTP' : method;
    const span = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
    return { span, startMs: clock.now(), measured, context: trace.setSpan(parent, span) };
  }
}

/** undici publishes its own requests, which use the HTTP/2 of Node.js. */
function markUndici(message: unknown): void {
  const { socket } = (message ?? {}) as { readonly socket?: { [usedByUndici]?: true } };
  if (socket !== undefined) socket[usedByUndici] = true;
}

/** The socket of a session is a proxy, which reads fields of the socket itself. */
function isUsedByUndici(session: ClientHttp2Session): boolean {
  if (session.destroyed || session.socket === undefined) return false;
  return (session.socket as { [usedByUndici]?: true })[usedByUndici] === true;
}

/** Calls of `@grpc/grpc-js` wait for a connection, and are then sent in the context of another call. */
const isFromGrpcJs = (headers: Http2Headers): boolean =>
  getHeader(headers, 'user-agent')?.includes('grpc-node-js/') === true;

/** The parts of a URL that Node.js accepts in place of it. */
interface AuthorityParts {
  readonly host?: string;
  readonly hostname?: string;
  readonly port?: string | number;
  readonly protocol?: string;
}

/** Returns the URL of a server that is given as a string, a URL or an object with its parts. */
function toOrigin(authority: unknown): URL | null {
  if (typeof authority === 'string' || authority instanceof URL) return URL.parse(String(authority));
  const { host, hostname, port, protocol } = (authority ?? {}) as AuthorityParts;
  const suffix = port === undefined || port === '' ? '' : `:${port}`;
  return URL.parse(`${protocol ?? 'https:'}//${hostname ?? host ?? 'localhost'}${suffix}`);
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpclientrequestduration */
function createHistogram(provider: MeterProvider): Histogram {
  const meter = provider.getMeter(...scope);
  return createDurationHistogram(
    meter,
    METRIC_HTTP_CLIENT_REQUEST_DURATION,
    'Duration of HTTP client requests.',
  );
}
