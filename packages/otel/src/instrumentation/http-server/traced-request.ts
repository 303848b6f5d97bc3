import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, diag, type Histogram, type Span, SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
} from '@opentelemetry/semantic-conventions';

import { RequestScope } from './request-scope.ts';
import { getErrorType, errorName, findFailure } from './error-type.ts';
import { findRoute, type ServerRpcMetadata } from './server-rpc.ts';
import type { RequestAttributes } from './request-attribute-cache.ts';
import { clock, defer, type DeferredTask } from '@sonde/sdk';

/** A request that is recorded as a span and a duration. */
export class TracedRequest extends RequestScope implements DeferredTask {
  readonly #attributes: RequestAttributes;
  readonly #rpc: ServerRpcMetadata;
  readonly #duration: Histogram;
  readonly #startMs = clock.now();
  #endMs = -1;
  #errorType: string | undefined;

  /** @param rpc the span, and the route and failure, which frameworks set */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    context: Context,
    attributes: RequestAttributes,
    rpc: ServerRpcMetadata,
    duration: Histogram,
  ) {
    super(context, request, response);
    this.#attributes = attributes;
    this.#rpc = rpc;
    this.#duration = duration;
    attributes.activeCount++;
  }

  override get rpc(): ServerRpcMetadata {
    return this.#rpc;
  }

  override failed(error: unknown): void {
    if (this.#endMs === -1) this.#fail(error);
  }

  override closed(): void {
    if (this.#endMs !== -1) return;
    this.#endMs = clock.now();
    this.#attributes.activeCount--;
    // Record failures immediately: the cause is known now and the process may be about to exit.
    if (this.#errorType === undefined && this.#isWritten()) defer(this);
    else this.run();
  }

  run(): void {
    try {
      this.#end();
    } catch (fault) {
      reportError(fault);
      this.#rpc.span.end();
    }
  }

  /** Never throws: the application may have created the response. */
  #isWritten(): boolean {
    try {
      return this.response.writableFinished;
    } catch {
      return false;
    }
  }

  #fail(error: unknown): void {
    if (this.#errorType !== undefined) return;
    try {
      this.#errorType = errorName(error);
      // Immediately, because the error may end the process.
      recordError(this.#rpc.span, error);
    } catch (fault) {
      reportError(fault);
    }
  }

  #end(): void {
    const { request, response } = this;
    const { failure, span } = this.#rpc;
    const route = findRoute(this.#rpc);
    const status = response.headersSent ? response.statusCode : undefined;
    const reason = response.writableFinished ? undefined : findFailure(request, response);
    if (reason !== undefined) this.#fail(reason);
    // Frameworks turn the errors of clients into responses too.
    else if (failure !== undefined && (status === undefined || status >= 500)) this.#fail(failure);
    const errorType = this.#errorType ?? getErrorType(request, response);
    const attributes = this.#attributes.attributes(route, status, errorType);
    this.#duration.record((this.#endMs - this.#startMs) / 1000, attributes, this.context);
    if (span.isRecording()) {
      if (status !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
      if (route !== undefined) span.setAttribute(ATTR_HTTP_ROUTE, route);
      if (route) span.updateName(this.#attributes.spanName(route));
      if (errorType !== undefined) {
        span.setAttribute(ATTR_ERROR_TYPE, errorType);
        if (this.#errorType === undefined) span.setStatus({ code: SpanStatusCode.ERROR });
      }
    }
    span.end(this.#endMs);
  }
}

export function recordError(span: Span, error: unknown): void {
  if (!span.isRecording()) return;
  const exception = error instanceof Error ? error : String(error);
  const message = error instanceof Error ? error.message : String(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.recordException(exception);
}

/** Reports an error of telemetry to `diag`; it must not reach the application. */
export function reportError(fault: unknown): void {
  diag.error('failed to record an incoming request', fault);
}
