import type { Instrumentation } from '@opentelemetry/instrumentation';
import { isInRequest, setRequestFailure, setRequestRoute } from '../http-server/server-request.ts';
import { EsmFrameworkHook, type ModuleHook } from './framework-hook.ts';

interface RouterRoute {
  readonly method?: string;
  readonly path?: string;
}

/** The handlers that match a request, in their order, each with its route. */
type MatchResult = readonly [readonly (readonly [readonly [unknown, RouterRoute], unknown])[], ...unknown[]];

/** Arguments of the context of a request. Before Hono 4.3 the request has the routes. */
type ContextArguments = readonly [
  request?: { readonly matchedRoutes?: readonly RouterRoute[] },
  options?: { readonly matchResult?: MatchResult },
];

/**
 * Returns the route of a request: of the last handler that is no middleware. Middleware has the method `ALL`, as
 * `app.all()` has, and a path that often ends with a wildcard.
 */
function findRoute([request, options]: ContextArguments): string | undefined {
  const handlers = options?.matchResult?.[0];
  const routes = handlers === undefined ? request?.matchedRoutes : handlers.map(([[, route]]) => route);
  return routes?.findLast(({ method, path = '' }) => method !== 'ALL' || !path.endsWith('*'))?.path;
}

type ContextClass = new (...args: ContextArguments) => object;

/** Reads the route when the context of a request is created. */
const traceContext = (Context: ContextClass): ContextClass =>
  class extends Context {
    constructor(...args: ContextArguments) {
      super(...args);
      try {
        const route = findRoute(args);
        if (route !== undefined) setRequestRoute(route);
      } catch {
        // A custom router has results of another shape.
      }
    }
  };

type ErrorHandler = (error: unknown, ...rest: unknown[]) => unknown;
type HonoClass = new (...args: unknown[]) => { errorHandler: ErrorHandler };

/** Reports the errors that the error handler of an application receives. */
const traceErrors = (Hono: HonoClass): HonoClass =>
  class extends Hono {
    constructor(...args: unknown[]) {
      super(...args);
      let { errorHandler } = this;
      Object.defineProperty(this, 'errorHandler', {
        configurable: true,
        enumerable: true,
        // Hono compares the handlers of applications when it mounts them, and calls one in a request.
        get: (): ErrorHandler => {
          if (!isInRequest()) return errorHandler;
          return (error, ...rest) => {
            setRequestFailure(error);
            return errorHandler(error, ...rest);
          };
        },
        set: (handler: ErrorHandler) => {
          errorHandler = handler;
        },
      });
    }
  };

type Middleware = (context: unknown, next: () => unknown) => unknown;

/** The middleware of `@hono/otel` creates a second span for a request of a server that has one already. */
const traceOnce =
  (create: (...args: unknown[]) => Middleware) =>
  (...args: unknown[]): Middleware => {
    const middleware = create(...args);
    return (context, next) => (isInRequest() ? next() : middleware(context, next));
  };

/** Replaces an export. Those of ES modules can be assigned to; a CommonJS module gets new exports. */
function replaceExport(exports: unknown, name: string, create: (original: never) => unknown): unknown {
  const members = exports as Record<string, unknown>;
  if (typeof members[name] !== 'function') return exports;
  const replaced = create(members[name] as never);
  if (Object.getOwnPropertyDescriptor(members, name)?.set === undefined && !isModuleNamespace(members)) {
    return { ...members, [name]: replaced };
  }
  members[name] = replaced;
  return exports;
}

const isModuleNamespace = (exports: object): boolean => Reflect.get(exports, Symbol.toStringTag) === 'Module';

const versions = ['>=4.0.0 <5'];
const honoHooks: readonly ModuleHook[] = ['hono/dist', 'hono/dist/cjs'].flatMap((folder) => [
  {
    file: `${folder}/context.js`,
    versions,
    patch: (exports: unknown) => replaceExport(exports, 'Context', traceContext),
  },
  {
    file: `${folder}/hono-base.js`,
    versions,
    patch: (exports: unknown) => replaceExport(exports, 'HonoBase', traceErrors),
  },
]);

const otelHook: ModuleHook = {
  file: '@hono/otel',
  versions: ['>=0.2.0'],
  patch: (exports) => replaceExport(exports, 'httpInstrumentationMiddleware', traceOnce),
};

/** Reports routes and errors of Hono. */
export const createHonoHook = (): Instrumentation => new EsmFrameworkHook('hono', [...honoHooks, otelHook]);
