import type { Instrumentation } from '@opentelemetry/instrumentation';
import { setRequestFailure, setRequestRoute } from '../http-server/server-request.ts';
import { FrameworkHook } from './framework-hook.ts';

/** The parts of a request of hapi that are used. */
interface HapiRequest {
  readonly raw: { readonly req: object };
  readonly route: { readonly method: string; readonly path: string };
}

interface RequestClass {
  readonly prototype: {
    _lookup: (this: HapiRequest) => void;
    _setResponse: (this: HapiRequest, response: unknown) => void;
  };
}

/** The method of the routes for requests that match no other. */
const notFoundMethod = '_special';

function patchRequest(exports: unknown): unknown {
  const { prototype } = exports as RequestClass;
  const { _lookup: lookup, _setResponse: setResponse } = prototype;
  const lookUpRoute = function (this: HapiRequest): void {
    lookup.call(this);
    const { method, path } = this.route;
    if (method !== notFoundMethod) setRequestRoute(path, this.raw.req);
  };
  const setBoom = function (this: HapiRequest, response: unknown): void {
    const { isBoom } = (response ?? {}) as { readonly isBoom?: unknown };
    if (isBoom === true) setRequestFailure(response, this.raw.req);
    setResponse.call(this, response);
  };
  Object.assign(prototype, { _lookup: lookUpRoute, _setResponse: setBoom });
  return exports;
}

/** Reports routes and errors of hapi. */
export const createHapiHook = (): Instrumentation =>
  new FrameworkHook('hapi', [
    { file: '@hapi/hapi/lib/request.js', versions: ['>=17.0.0'], patch: patchRequest },
  ]);
