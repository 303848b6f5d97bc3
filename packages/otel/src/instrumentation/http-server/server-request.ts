import { context as contextApi, diag, type Span, SpanStatusCode } from '@opentelemetry/api';
import { getRPCMetadata, type RPCMetadata } from '@opentelemetry/core';
import { errorText } from '@sonde/sdk';
import { getScope } from './request-scope.ts';
import type { RequestMount, ServerRpcMetadata } from './server-rpc.ts';

/** Returns the metadata of a request, else of the active context: undefined outside of requests. */
function findRpc(request: object | undefined): RPCMetadata | undefined {
  return (request === undefined ? undefined : getScope(request)?.rpc) ?? getRPCMetadata(contextApi.active());
}

/** Whether a request is active, so that its framework can report on it. */
export const isInRequest = (): boolean => getRPCMetadata(contextApi.active()) !== undefined;

/**
 * Sets the route of an incoming request: on its span, in the span's name and on its metrics.
 *
 * @param request the `IncomingMessage`, if the framework has it. @default the request of the active context
 */
export function setRequestRoute(route: string, request?: object): void {
  const rpc = findRpc(request);
  if (rpc !== undefined && route !== '') rpc.route = route;
}

/** Sets the part of the application that a request has entered. It is the route if the part responds without one. */
export function setRequestMount(mount: RequestMount, request: object): void {
  const rpc = findRpc(request);
  if (rpc !== undefined && isServerRpc(rpc)) rpc.mount = mount;
}

/** Returns the part of the application that a request has entered last. */
export function findRequestMount(request: object): RequestMount | undefined {
  const rpc = findRpc(request);
  return rpc !== undefined && isServerRpc(rpc) ? rpc.mount : undefined;
}

/** Returns the metadata of the request of the active context: undefined outside of requests. */
export function activeServerRpc(): ServerRpcMetadata | undefined {
  const rpc = findRpc(undefined);
  return rpc !== undefined && isServerRpc(rpc) ? rpc : undefined;
}

/**
 * Reports the error that a framework turns into the response of a request. It is recorded if the response has a status of
 * 500 or more. Of several errors the first is the cause.
 *
 * @param request as for {@link setRequestRoute}
 */
export function setRequestFailure(error: unknown, request?: object): void {
  try {
    const rpc = findRpc(request);
    if (rpc === undefined || error === undefined || error === null) return;
    if (isServerRpc(rpc)) rpc.failure ??= error;
    else recordNow(error, rpc.span);
  } catch (fault) {
    // Anything can be thrown, such as a proxy.
    diag.error('failed to record the error of a request', fault);
  }
}

/** Upstream's instrumentation of servers sets the status of the span later, from the status of the response. */
function recordNow(error: unknown, span: Span): void {
  const { status, statusCode = status } = error as { status?: unknown; statusCode?: unknown };
  if (typeof statusCode === 'number' && statusCode < 500) return;
  const message = errorText(error);
  span.recordException(error instanceof Error ? error : message);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

const isServerRpc = (rpc: RPCMetadata): rpc is ServerRpcMetadata => 'failure' in rpc;
