import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import {
  type Attributes,
  type Context,
  context as contextApi,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { isTracingSuppressed } from '@opentelemetry/core';
import { ATTR_ERROR_TYPE, ATTR_NETWORK_PROTOCOL_VERSION } from '@opentelemetry/semantic-conventions';
import { clock } from '@sonde/sdk';
import { ClientInstrumentation } from '../client-instrumentation.ts';
import { clientDuration, describeClientRequest } from '../http-client/client-request.ts';
import { errorName } from '../http-server/error-type.ts';
import { TracedClientStream } from './client-stream.ts';
import { addHeaders, getHeader, type Http2Headers } from './request-headers.ts';
import { reportFault } from './stream-events.ts';

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
export class Http2ClientInstrumentation extends ClientInstrumentation {
  constructor() {
    super('@sonde/instrumentation-http2', clientDuration);
  }

  enable(): void {
    if (this.isEnabled) return;
    this.isEnabled = true;
    subscribe(connectedChannel, markUndici);
  }

  disable(): void {
    this.isEnabled = false;
    unsubscribe(connectedChannel, markUndici);
  }

  /** Records the requests of a session. @param authority the first argument of `http2.connect` */
  watch(session: ClientHttp2Session, authority: unknown): void {
    const origin = toOrigin(authority);
    const { request: original } = session as { readonly request: Request };
    const begin = (headers: Http2Headers): StartedRequest | undefined => {
      try {
        const isRecorded = this.isEnabled && !isUsedByUndici(session) && !isFromGrpcJs(headers);
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
        void new TracedClientStream(stream, parent, started.context, started, this.duration);
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
    const method = getHeader(headers, ':method') ?? 'GET';
    const userAgent = getHeader(headers, 'user-agent');
    const description = describeClientRequest({ url, method, originalMethod: method, userAgent });
    const protocol = { [ATTR_NETWORK_PROTOCOL_VERSION]: '2' };
    const measured = { ...description.measured, ...protocol };
    const attributes = { ...description.attributes, ...protocol };
    const span = this.tracer.startSpan(description.name, { kind: SpanKind.CLIENT, attributes }, parent);
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
