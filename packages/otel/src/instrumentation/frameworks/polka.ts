import type { Instrumentation } from '@opentelemetry/instrumentation';
import { activeServerRpc, setRequestFailure } from '../http-server/server-request.ts';
import { FrameworkHook } from './framework-hook.ts';

type Handlers = readonly unknown[];
type ErrorHandler = (this: unknown, error: unknown, request: object, ...rest: unknown[]) => unknown;

/** The router that Polka extends. */
interface Trouter {
  readonly handlers: Readonly<Record<string, Readonly<Record<string, Handlers>> | undefined>>;
  add: (this: Trouter, method: string, pattern: unknown, ...handlers: unknown[]) => unknown;
  find: (this: Trouter, method: string, path: string) => { readonly handlers?: Handlers } | false;
}

const patterns = new WeakMap<Handlers, string>();

/** Returns the path at which the application that has the route is mounted: a text without parameters. */
function mountPath(request: { readonly originalUrl?: string; readonly url?: string }): string {
  const { originalUrl = '', url = '' } = request;
  return originalUrl.endsWith(url) ? originalUrl.slice(0, originalUrl.length - url.length) : '';
}

function patchTrouter(exports: unknown): unknown {
  const { prototype } = exports as { readonly prototype: Trouter };
  const { add, find } = prototype;
  prototype.add = function (method, pattern, ...handlers) {
    const result: unknown = Reflect.apply(add, this, [method, pattern, ...handlers]);
    const added = this.handlers[method]?.[String(pattern)];
    if (added !== undefined) patterns.set(added, String(pattern));
    return result;
  };
  prototype.find = function (method, path) {
    const found = find.call(this, method, path);
    const pattern =
      found === false || found.handlers === undefined ? undefined : patterns.get(found.handlers);
    const rpc = pattern === undefined ? undefined : activeServerRpc();
    if (rpc !== undefined) rpc.route = mountPath(rpc.request) + pattern;
    return found;
  };
  // Polka assigns it in its constructor.
  Object.defineProperty(prototype, 'onError', {
    configurable: true,
    set(this: object, handler: ErrorHandler) {
      const onError: ErrorHandler = function (error, request, ...rest) {
        setRequestFailure(error, request);
        return Reflect.apply(handler, this, [error, request, ...rest]);
      };
      Object.defineProperty(this, 'onError', {
        value: onError,
        writable: true,
        configurable: true,
        enumerable: true,
      });
    },
  });
  return exports;
}

/** Reports routes and errors of Polka 0.5. */
export const createPolkaHook = (): Instrumentation =>
  new FrameworkHook('polka', [{ file: 'trouter', versions: ['>=2.0.0 <3'], patch: patchTrouter }]);
