import type { Instrumentation } from '@opentelemetry/instrumentation';
import { setRequestFailure, setRequestRoute } from '../http-server/server-request.ts';
import { FrameworkHook } from './framework-hook.ts';

const matchedKey = Symbol('sonde.matchedRoute');

/** The prototype of the contexts of Koa. */
interface KoaContext {
  readonly req: object;
  onerror: (this: KoaContext, error: unknown, ...rest: unknown[]) => unknown;
  [matchedKey]?: unknown;
}

function patchContext(exports: unknown): unknown {
  const prototype = exports as KoaContext;
  const { onerror } = prototype;
  const onError: KoaContext['onerror'] = function (error, ...rest) {
    setRequestFailure(error, this.req);
    return Reflect.apply(onerror, this, [error, ...rest]);
  };
  Object.assign(prototype, { onerror: onError });
  // Routers for Koa assign the pattern that they have matched, with the prefixes of the routers around it.
  Object.defineProperty(prototype, '_matchedRoute', {
    configurable: true,
    get(this: KoaContext): unknown {
      return this[matchedKey];
    },
    set(this: KoaContext, pattern: unknown): void {
      this[matchedKey] = pattern;
      if (typeof pattern === 'string' || pattern instanceof RegExp)
        setRequestRoute(String(pattern), this.req);
    },
  });
  return exports;
}

/** Reports errors of Koa, and routes of `@koa/router` and `koa-router`. */
export const createKoaHook = (): Instrumentation =>
  new FrameworkHook('koa', [{ file: 'koa/lib/context.js', versions: ['>=2.0.0'], patch: patchContext }]);
