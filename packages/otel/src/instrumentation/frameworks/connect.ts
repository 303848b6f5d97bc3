import type { Instrumentation } from '@opentelemetry/instrumentation';
import { findRequestMount, setRequestMount } from '../http-server/server-request.ts';
import { EsmFrameworkHook } from './framework-hook.ts';

type Handle = (this: unknown, request: ConnectRequest, ...rest: unknown[]) => unknown;

interface ConnectRequest {
  /** Without the paths at which the layers around a handler are mounted. */
  readonly url: string;
}

interface Layer {
  readonly route: string;
  handle: Handle;
}

interface Application {
  readonly stack: readonly Layer[];
  use: (this: Application, ...args: unknown[]) => unknown;
}

/** Whether a URL is the path of a layer and the URL that its handler has, to which connect may add a slash. */
function isPathBelow(url: string, path: string, below: string): boolean {
  const length = url.length - below.length;
  const isLength = length === path.length || length === path.length - 1;
  return isLength && url.slice(0, path.length).toLowerCase() === path.toLowerCase();
}

/** Makes the path of a layer the route of the requests to which the layer responds. */
function watchLayer(layer: Layer): void {
  const { handle, route } = layer;
  // Handlers of errors have four parameters.
  if (route === '' || handle.length > 3) return;
  layer.handle = function (request, response, next) {
    const { url: value } = request;
    const outer = findRequestMount(request);
    const isNested = outer !== undefined && isPathBelow(outer.value, route, value);
    const template = isNested ? outer.template + route : route;
    setRequestMount({ template, property: 'url', value }, request);
    return handle.call(this, request, response, next);
  };
}

type Create = (...args: unknown[]) => Application;

function wrapCreate(create: Create): Create {
  const createServer: Create = (...args) => {
    const application = create(...args);
    const { use } = application;
    application.use = function (...given) {
      const { length } = this.stack;
      const result: unknown = Reflect.apply(use, this, given);
      this.stack.slice(length).forEach(watchLayer);
      return result;
    };
    return application;
  };
  return Object.assign(createServer, create);
}

function patchConnect(exports: unknown): unknown {
  if (typeof exports === 'function') return wrapCreate(exports as Create);
  const namespace = exports as { default?: unknown };
  if (typeof namespace.default === 'function') namespace.default = wrapCreate(namespace.default as Create);
  return exports;
}

/** Reports the paths of the layers of connect as routes. Errors are reported by `finalhandler`, with which it ends. */
export const createConnectHook = (): Instrumentation =>
  new EsmFrameworkHook('connect', [{ file: 'connect', versions: ['>=3.0.0'], patch: patchConnect }]);
