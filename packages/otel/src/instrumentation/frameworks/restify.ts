import type { Instrumentation } from '@opentelemetry/instrumentation';
import { setRequestFailure, setRequestRoute } from '../http-server/server-request.ts';
import { FrameworkHook } from './framework-hook.ts';

interface RestifyRequest {
  readonly route?: { readonly path?: unknown };
}

interface RouterClass {
  readonly prototype: { lookup: (this: unknown, request: RestifyRequest, ...rest: unknown[]) => unknown };
}

type OnHandlerError = (this: unknown, error: unknown, request: object, ...rest: unknown[]) => unknown;

interface ServerClass {
  readonly prototype: {
    readonly _onHandlerError: OnHandlerError;
  };
}

function patchRouter(exports: unknown): unknown {
  const { prototype } = exports as RouterClass;
  const { lookup } = prototype;
  prototype.lookup = function (request, ...rest) {
    const handler: unknown = Reflect.apply(lookup, this, [request, ...rest]);
    const { path } = (handler === undefined ? undefined : request.route) ?? {};
    if (typeof path === 'string' || path instanceof RegExp) setRequestRoute(String(path), request);
    return handler;
  };
  return exports;
}

function patchServer(exports: unknown): unknown {
  const { prototype } = exports as ServerClass;
  const { _onHandlerError: original } = prototype;
  const onHandlerError: OnHandlerError = function (error, request, ...rest) {
    // A text is the name of the route that continues.
    if (typeof error === 'object') setRequestFailure(error, request);
    return Reflect.apply(original, this, [error, request, ...rest]);
  };
  Object.assign(prototype, { _onHandlerError: onHandlerError });
  return exports;
}

const versions = ['>=8.0.0'];

/** Reports routes and errors of Restify. */
export const createRestifyHook = (): Instrumentation =>
  new FrameworkHook('restify', [
    { file: 'restify/lib/router.js', versions, patch: patchRouter },
    { file: 'restify/lib/server.js', versions, patch: patchServer },
  ]);
