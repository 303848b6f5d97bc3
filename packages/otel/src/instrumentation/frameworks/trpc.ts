import type { Instrumentation } from '@opentelemetry/instrumentation';
import { activeServerRpc } from '../http-server/server-request.ts';
import type { ServerRpcMetadata } from '../http-server/server-rpc.ts';
import { EsmFrameworkHook } from './framework-hook.ts';

type Result = { readonly ok: true } | { readonly ok: false; readonly error: Error };

interface Call {
  readonly path: string;
  readonly next: () => Promise<Result>;
}

interface Procedure {
  use: (middleware: (call: Call) => Promise<Result>) => Procedure;
}

/** The result of `initTRPC.create()`. */
interface Root {
  readonly procedure: Procedure;
}

interface TrpcModule {
  readonly initTRPC: { create: (this: unknown, ...options: unknown[]) => Root };
}

/** Returns the error that tRPC has wrapped in one with the same message. */
function unwrap(error: Error): Error {
  const { cause } = error;
  return cause instanceof Error && cause.message === error.message ? cause : error;
}

/** Sets the route of a request for one procedure. One for several has the route of its framework. */
function setRoute(rpc: ServerRpcMetadata, path: string): void {
  const { url = '', originalUrl = url } = rpc.request as {
    readonly url?: string;
    readonly originalUrl?: string;
  };
  const target = originalUrl.split('?', 1)[0] ?? '';
  if (!target.endsWith(`/${path}`)) return;
  // A framework around tRPC has a wildcard or a parameter in place of the procedure.
  const base = rpc.route?.replace(/\/[:*][^/]*$/, '') ?? rpc.mount?.template;
  rpc.route = `${base ?? target.slice(0, -path.length - 1)}/${path}`;
}

/** The first middleware of each procedure. */
function middleware({ next, path }: Call): Promise<Result> {
  const rpc = activeServerRpc();
  if (rpc === undefined) return next();
  setRoute(rpc, path);
  return next().then((result) => {
    if (!result.ok) rpc.failure ??= unwrap(result.error);
    return result;
  });
}

function patchServer(exports: unknown): unknown {
  const { initTRPC } = exports as TrpcModule;
  const prototype = Object.getPrototypeOf(initTRPC) as TrpcModule['initTRPC'];
  const { create } = prototype;
  prototype.create = function (...options) {
    const root = Reflect.apply(create, this, options);
    return { ...root, procedure: root.procedure.use(middleware) };
  };
  return exports;
}

/** Reports the procedures of tRPC as routes, and their errors. */
export const createTrpcHook = (): Instrumentation =>
  new EsmFrameworkHook('trpc', [{ file: '@trpc/server', versions: ['>=10.0.0 <12'], patch: patchServer }]);
