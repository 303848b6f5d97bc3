import { channel } from 'node:diagnostics_channel';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { diag } from '@opentelemetry/api';
import { setRequestFailure } from '../http-server/server-request.ts';
import {
  enterMount,
  enterRoute,
  type ExpressRequest,
  isEverywhere,
  JoinedPattern,
  type Pattern,
} from './express-route.ts';
import { FrameworkHook, type ModuleHook } from './framework-hook.ts';

type Handle = (this: unknown, ...args: unknown[]) => unknown;

interface LayerClass {
  new (path: Pattern, options: { readonly end?: boolean } | undefined, handle: unknown): object;
  readonly prototype: Record<string, Handle>;
}

interface RouteClass {
  readonly prototype: { dispatch: (this: { readonly path: Pattern }, ...args: unknown[]) => unknown };
}

/** Remembers where routers are mounted, and reports the errors that reach a layer. */
function patchLayer(exports: unknown, handleRequest: string, handleError: string): unknown {
  const Layer = exports as LayerClass;
  const { [handleError]: onError, [handleRequest]: onRequest } = Layer.prototype;
  if (onError === undefined || onRequest === undefined) return exports;
  Layer.prototype[handleError] = function (error, request, ...rest) {
    setRequestFailure(error, request as object);
    return Reflect.apply(onError, this, [error, request, ...rest]);
  };
  // Express calls it without `new` too.
  const Mounted = function (
    path: Pattern,
    options: { readonly end?: boolean } | undefined,
    handle: unknown,
  ): object {
    const layer = new Layer(path, options, handle);
    if (options?.end === false && !isEverywhere(path)) {
      const pattern = new JoinedPattern(path);
      const onMount: Handle = function (request, response, next) {
        enterMount(request as ExpressRequest, pattern);
        return onRequest.call(this, request, response, next);
      };
      Object.defineProperty(layer, handleRequest, { value: onMount, writable: true, configurable: true });
    }
    return layer;
  };
  Mounted.prototype = Layer.prototype;
  return Object.assign(Mounted, Layer);
}

const patterns = new WeakMap<object, JoinedPattern>();

/** @param owner the route, or the layer of a mounted router */
function findPattern(owner: object, pattern: Pattern): JoinedPattern {
  const known = patterns.get(owner);
  // A route with several patterns reports the one that matches.
  if (known?.pattern === pattern) return known;
  const created = new JoinedPattern(pattern);
  patterns.set(owner, created);
  return created;
}

function patchRoute(exports: unknown): unknown {
  const { prototype } = exports as RouteClass;
  const { dispatch } = prototype;
  prototype.dispatch = function (request, response, done) {
    enterRoute(request as ExpressRequest, findPattern(this, this.path), this);
    return dispatch.call(this, request, response, done);
  };
  return exports;
}

/** Reports errors that no error handler has received. connect and Express end with it. */
function patchFinalHandler(exports: unknown): unknown {
  const finalHandler = exports as (request: object, ...rest: unknown[]) => (error?: unknown) => void;
  return function finalhandler(request: object, ...rest: unknown[]) {
    const done = finalHandler(request, ...rest);
    return (error?: unknown): void => {
      if (error) setRequestFailure(error, request);
      done(error);
    };
  };
}

const expressVersions = ['>=4.0.0 <5'];
const routerVersions = ['>=1.3.0 <3'];

const hooks: readonly ModuleHook[] = [
  {
    file: 'express/lib/router/layer.js',
    versions: expressVersions,
    patch: (exports) => patchLayer(exports, 'handle_request', 'handle_error'),
  },
  { file: 'express/lib/router/route.js', versions: expressVersions, patch: patchRoute },
  {
    file: 'router/lib/layer.js',
    versions: routerVersions,
    patch: (exports) => {
      const { prototype } = exports as LayerClass;
      isRouterPatched = true;
      unsubscribe();
      return 'handleRequest' in prototype
        ? patchLayer(exports, 'handleRequest', 'handleError')
        : patchLayer(exports, 'handle_request', 'handle_error');
    },
  },
  { file: 'router/lib/route.js', versions: routerVersions, patch: patchRoute },
  { file: 'finalhandler', versions: ['>=1.0.0 <3'], patch: patchFinalHandler },
];

/**
 * Whether the channel of `router` is not needed: it costs 0.5 us for each middleware of a request, and the hooks cost nothing.
 * It remains for applications whose bundle contains `router`.
 */
let isRouterPatched = false;

/** A message of router 2.3 and newer, which Express 5.3 uses: for each middleware and handler of a route. */
interface LayerMessage {
  readonly req: ExpressRequest;
  readonly layer: object;
  /** The pattern of the middleware or route, below its router. */
  readonly route?: Pattern;
  readonly error?: unknown;
}

function onLayer(message: unknown): void {
  try {
    const { layer, req, route } = message as LayerMessage;
    if (route === undefined) return;
    const matched = req.route;
    if (matched?.stack?.includes(layer) === true) enterRoute(req, findPattern(matched, route), matched);
    else if (!isEverywhere(route)) enterMount(req, findPattern(layer, route));
  } catch (fault) {
    diag.error('failed to read the route of a request', fault);
  }
}

const layerStart = channel('tracing:express.router.request:start');
const layerError = channel('tracing:express.router.request:error');

// Not a method: the base class enables an instrumentation before its private members exist.
function unsubscribe(): void {
  layerStart.unsubscribe(onLayer);
  layerError.unsubscribe(onLayerError);
}

function onLayerError(message: unknown): void {
  const { error, req } = message as LayerMessage;
  setRequestFailure(error, req);
}

/** Reports routes and errors of Express, of `router`, and of what ends with `finalhandler`, such as connect. */
class ExpressHook extends FrameworkHook {
  constructor() {
    super('express', hooks);
  }

  override enable(): void {
    super.enable();
    // Subscribing twice would report twice.
    unsubscribe();
    if (isRouterPatched) return;
    layerStart.subscribe(onLayer);
    layerError.subscribe(onLayerError);
  }

  override disable(): void {
    super.disable();
    unsubscribe();
  }
}

export const createExpressHook = (): Instrumentation => new ExpressHook();
