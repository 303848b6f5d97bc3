import { context, type Context as OtelContext, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { SPAN_KIND_SERVER, SPAN_STATUS_ERROR } from './api-enums.ts';
import { type AttributeTrie, sharedAttributes } from './attribute-trie.ts';
import type { FastContext, FastSpan } from './fast-path.ts';
import { guarded } from './guarded.ts';
import { currentInstruments, currentTracer, type Instruments } from './instruments.ts';
import { secretQueryNames } from './redact-query.ts';
import { requestAttributes } from './request-attributes.ts';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_BODY_SIZE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_BODY_SIZE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_URL_SCHEME,
} from './semconv.ts';
import type { NodeServer } from '../http/graceful-shutdown.ts';
import { Problem } from '../http/problem.ts';
import type { NodeRequest } from '../http/node-message.ts';
import type { RequestContext } from '../http/request-context.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import { knownMethods } from '../routing/methods.ts';

/** Optional telemetry. */
export interface TelemetryOptions {
  /** Sends `server-timing: traceparent`, so that a browser can join the trace. @default false */
  readonly serverTiming?: boolean;
  /** Records the sizes of request and response bodies, in bytes, on spans and as histograms. @default false */
  readonly bodySizes?: boolean;
  /** Names of query parameters to redact in addition to the built-in ones. @default [] */
  readonly redactQuery?: readonly string[];
}

// Reading the global calls a getter.
const clock = performance;

// The keys of @opentelemetry/core: instrumentation of node:http stores its metadata of the request under the first.
const rpcMetadata = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA');
const suppressTracing = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * Starts the telemetry of a request.
 *
 * @param server - The router's own server, which no other instrumentation traces
 * @returns the context to run the handler in; undefined for the current context
 */
export type StartRequest = (
  c: RequestContext,
  endpoint: Endpoint,
  server: NodeServer | undefined,
) => OtelContext | undefined;

/** Creates the telemetry of requests: one span and one duration each, through the API's globals. */
export function createTelemetry({
  bodySizes,
  serverTiming,
  redactQuery = [],
}: TelemetryOptions): StartRequest {
  const secrets = [secretQueryNames, ...redactQuery].join(' =').toLowerCase().split(' ');
  /** The paths at which host frameworks mount the router. Bounded: such a path may contain parameter values. */
  const basePaths = new Set<string>();

  const start: StartRequest = (c, { telemetry }, server) => {
    const tracer = currentTracer();
    const instruments = currentInstruments();
    if (!tracer && !instruments) return undefined;
    const active = server ? ROOT_CONTEXT : context.active();
    // Calls from an excluded route must not start traces.
    if (telemetry === false) return active.setValue(suppressTracing, true);
    const { req, res } = c;
    const base = getBaseTemplate(req);
    if (base && basePaths.size < 32) basePaths.add(base);
    const route = c.route && (basePaths.has(base) ? base : '') + c.route;
    const rpc = active.getValue(rpcMetadata) as { type?: string; route?: string } | undefined;
    if (rpc?.type === 'http') {
      if (route) rpc.route = route;
      c.span = trace.getSpan(active);
      return undefined;
    }

    const { origin } = c;
    const method = route || knownMethods.has(c.method) ? c.method : '_OTHER';
    const parent = trace.getSpan(active) ? active : propagation.extract(active, req.headers);
    const activeAttributes = sharedAttributes
      .child(ATTR_HTTP_REQUEST_METHOD, method)
      .child(ATTR_URL_SCHEME, origin.scheme);
    const attributes = activeAttributes
      .child(ATTR_HTTP_ROUTE, route)
      .child(ATTR_NETWORK_PROTOCOL_VERSION, req.httpVersion);
    const name = (attributes.name ??= route ? `${method} ${route}` : method === '_OTHER' ? 'HTTP' : method);
    const span: FastSpan | undefined = tracer?.startSpan(
      name,
      { kind: SPAN_KIND_SERVER, attributes: attributes.attributes },
      parent,
    );
    if (span?.isRecording()) {
      span[span.adopt ? 'adopt' : 'setAttributes']?.(requestAttributes(c, origin, method, secrets));
    }
    if (span && serverTiming) {
      const { traceId, spanId, traceFlags } = span.spanContext();
      c.header('server-timing', `traceparent;desc="00-${traceId}-${spanId}-0${traceFlags & 1}"`);
    }
    c.span = span;
    const inner: FastContext = span ? (span.within?.(parent) ?? trace.setSpan(parent, span)) : parent;
    const startMs = clock.now();
    const count = (requests: number): void =>
      instruments?.active.add(requests, activeAttributes.attributes, inner);
    const end = (endMs = clock.now()): void => {
      count(-1);
      endRequest(c, span, inner, instruments, attributes, bodySizes, startMs, endMs);
    };
    if (inner.deferRequest) return inner.deferRequest(res, server, count, end);
    count(1);
    res.once('close', () => guarded(end));
    return inner;
  };

  return (c, endpoint, server) => guarded(() => start(c, endpoint, server));
}

/** The path at which Express mounted the router, with the names of its parameters instead of their values. */
const getBaseTemplate = ({ baseUrl, params = {} }: NodeRequest): string =>
  baseUrl
    ? Object.entries(params)
        .reduce(
          (base, [name, value]) => base.replace(`/${encodeURIComponent(value)}/`, `/:${name}/`),
          `${baseUrl}/`,
        )
        .slice(0, -1)
    : '';

/** Records the duration of a request and ends its span. */
function endRequest(
  c: RequestContext,
  span: FastSpan | undefined,
  spanContext: OtelContext,
  instruments: Instruments | undefined,
  attributes: AttributeTrie,
  bodySizes: boolean | undefined,
  startMs: number,
  endMs: number,
): void {
  const { res, requestBytes, responseBytes } = c;
  c.span = undefined;
  // The response to a request that did not arrive in time is Node.js's own.
  const isTimeout =
    (c.req.socket.errored as { code?: string } | null | undefined)?.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const status = res.headersSent ? res.statusCode : isTimeout ? 408 : 0;
  // The name of a thrown error may have a throwing accessor.
  const errorType = guarded(() => getErrorType(c, status));
  if (instruments) {
    const measured = attributes
      .child(ATTR_HTTP_RESPONSE_STATUS_CODE, status)
      .child(ATTR_ERROR_TYPE, errorType).attributes;
    instruments.duration.record((endMs - startMs) / 1000, measured, spanContext);
    if (bodySizes) {
      instruments.requestBytes.record(requestBytes, measured, spanContext);
      instruments.responseBytes.record(responseBytes, measured, spanContext);
    }
  }
  if (span?.isRecording()) {
    if (status) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    if (bodySizes) {
      span.setAttribute(ATTR_HTTP_REQUEST_BODY_SIZE, requestBytes);
      span.setAttribute(ATTR_HTTP_RESPONSE_BODY_SIZE, responseBytes);
    }
    if (errorType) span.setAttribute(ATTR_ERROR_TYPE, errorType).setStatus({ code: SPAN_STATUS_ERROR });
  }
  span?.end(endMs);
}

/**
 * The `error.type` of a request. Two values are Sonde's own: the client (`client_disconnect`) or the server at the end of
 * its grace period (`server_shutdown`) disconnected before the complete response was sent.
 *
 * @param status - 0 when the response has not started
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
 */
function getErrorType(
  { connection, error, isEndless, sent }: RequestContext,
  status: number,
): string | undefined {
  if (status >= 500 && (error instanceof Problem || error === undefined)) return String(status);
  if (error !== undefined) return (error instanceof Error && error.name) || '_OTHER';
  if (sent || isEndless || status === 408) return undefined;
  return connection.isCut ? 'server_shutdown' : 'client_disconnect';
}
