import {
  context,
  diag,
  type Context as OtelContext,
  propagation,
  ROOT_CONTEXT,
  trace,
} from '@opentelemetry/api';
import { SPAN_KIND_SERVER, SPAN_STATUS_ERROR } from './api-enums.ts';
import type { FastContext, FastSpan } from './fast-path.ts';
import { currentInstruments, currentTracer } from './instruments.ts';
import type { NodeServer } from '../http/graceful-shutdown.ts';
import { knownMethods } from '../routing/methods.ts';
import { Problem } from '../http/problem.ts';
import { secretQueryNames } from './redact-query.ts';
import { requestAttributes } from './request-attributes.ts';
import type { RequestContext } from '../http/request-context.ts';
import { sharedAttributes } from './attribute-trie.ts';
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

/** What telemetry says, beyond what it says always. */
export interface TelemetryOptions {
  /** Answers with `server-timing: traceparent`, so that a browser can join its trace to ours. @default false */
  readonly serverTiming?: boolean;
  /** Puts the sizes of request and response bodies on spans, and measures them. @default false */
  readonly bodySizes?: boolean;
  /** Names of query members, besides the usual ones, whose values are replaced by REDACTED. @default [] */
  readonly redactQuery?: readonly string[];
}

// The global is a getter.
const clock = performance;

// Where @opentelemetry/core keeps what a generic instrumentation knows of the request that it traces already.
const rpcMetadata = Symbol.for('OpenTelemetry SDK Context Key RPC_METADATA');
const suppressTracing = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/**
 * Starts the telemetry of a request and gives the context that it runs in; undefined stands for the one it is in.
 * `own` is the router's own server, where nothing else can have traced the request before.
 */
export type StartRequest = (c: RequestContext, own: NodeServer | undefined) => OtelContext | undefined;

/** The telemetry of requests, through the API's globals: one span and one duration each, where somebody listens. */
export function createTelemetry({
  bodySizes,
  serverTiming,
  redactQuery = [],
}: TelemetryOptions): StartRequest {
  const secrets = [secretQueryNames, ...redactQuery].join(' =').toLowerCase().split(' ');
  /** Where a host framework mounted the router. Bounded: such a path may hold values. */
  const bases = new Set<string>();

  const begin: StartRequest = (c, own) => {
    const tracer = currentTracer();
    const instruments = currentInstruments();
    if (!tracer && !instruments) return undefined;
    const active = own ? ROOT_CONTEXT : context.active();
    // What an unmeasured route calls must not start traces of its own.
    if (c.endpoint.telemetry === false) return active.setValue(suppressTracing, true);
    const { req, res } = c;
    const { baseUrl = '' } = req;
    if (baseUrl && bases.size < 32) bases.add(baseUrl);
    const route = c.route && (bases.has(baseUrl) ? baseUrl : '') + c.route;
    const rpc = active.getValue(rpcMetadata) as { type?: string; route?: string } | undefined;
    if (rpc?.type === 'http') {
      if (route) rpc.route = route;
      c.span = trace.getSpan(active);
      return undefined;
    }

    const { origin } = c;
    const method = route || knownMethods.has(c.method) ? c.method : '_OTHER';
    const parent = trace.getSpan(active) ? active : propagation.extract(active, req.headers);
    const sent = sharedAttributes
      .child(ATTR_HTTP_REQUEST_METHOD, method)
      .child(ATTR_URL_SCHEME, origin.scheme);
    const routed = sent.child(ATTR_HTTP_ROUTE, route).child(ATTR_NETWORK_PROTOCOL_VERSION, req.httpVersion);
    const name = (routed.name ??= route ? `${method} ${route}` : method === '_OTHER' ? 'HTTP' : method);
    const span: FastSpan | undefined = tracer?.startSpan(
      name,
      { kind: SPAN_KIND_SERVER, attributes: routed.attributes },
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
    const count = (requests: number): void => instruments?.active.add(requests, sent.attributes, inner);

    const end = (endMs = clock.now()): void => {
      c.span = undefined;
      const status = res.headersSent ? res.statusCode : 0;
      // What was thrown may have a name that throws.
      const errorType = guarded(() => getErrorType(c, status));
      if (instruments) {
        const measured = routed
          .child(ATTR_HTTP_RESPONSE_STATUS_CODE, status)
          .child(ATTR_ERROR_TYPE, errorType).attributes;
        instruments.duration.record((endMs - startMs) / 1000, measured, inner);
        count(-1);
        if (bodySizes) {
          instruments.requestSize.record(c.requestBytes, measured, inner);
          instruments.responseSize.record(c.responseBytes, measured, inner);
        }
      }
      if (span?.isRecording()) {
        if (status) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
        if (bodySizes) {
          span.setAttribute(ATTR_HTTP_REQUEST_BODY_SIZE, c.requestBytes);
          span.setAttribute(ATTR_HTTP_RESPONSE_BODY_SIZE, c.responseBytes);
        }
        if (errorType) {
          span.setAttribute(ATTR_ERROR_TYPE, errorType).setStatus({ code: SPAN_STATUS_ERROR });
        }
      }
      span?.end(endMs);
    };
    if (inner.deferRequest) return inner.deferRequest(res, own, count, end);
    count(1);
    res.once('close', () => guarded(end));
    return inner;
  };

  return (c, own) => guarded(() => begin(c, own));
}

/**
 * `client_disconnect` is ours: the client went away before the answer was written.
 *
 * @param status 0 before the answer was begun
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/
 */
function getErrorType({ error, sent }: RequestContext, status: number): string | undefined {
  if (status >= 500 && (error instanceof Problem || error === undefined)) return String(status);
  if (error !== undefined) return (error instanceof Error && error.name) || '_OTHER';
  return sent ? undefined : 'client_disconnect';
}

/** A fault in telemetry goes to `diag` and never to the request. */
export function guarded<Value>(act: () => Value): Value | undefined {
  try {
    return act();
  } catch (error) {
    diag.error('@sonde/router: telemetry failed', error);
    return undefined;
  }
}
