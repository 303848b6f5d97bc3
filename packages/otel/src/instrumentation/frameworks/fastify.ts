import type { Instrumentation } from '@opentelemetry/instrumentation';
import { setRequestFailure, setRequestRoute } from '../http-server/server-request.ts';
import { ChannelHook } from './channel-hook.ts';

interface FastifyRequest {
  readonly raw: object;
  /** Undefined before Fastify 4.10. */
  readonly routeOptions?: { readonly url?: string | undefined };
  readonly routerPath?: string | undefined;
}

type ErrorHandler = (this: unknown, error: unknown, request: FastifyRequest, ...rest: unknown[]) => unknown;

interface FastifyInstance {
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: unknown, done: () => void) => void): void;
  addHook(
    name: 'onError',
    hook: (request: FastifyRequest, reply: unknown, error: unknown, done: () => void) => void,
  ): void;
  setErrorHandler: (this: unknown, ...args: unknown[]) => unknown;
}

function onInitialization({ fastify }: { readonly fastify: FastifyInstance }): void {
  // The first hook of all: others may reject the request.
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { routeOptions } = request;
    const route = routeOptions === undefined ? request.routerPath : routeOptions.url;
    if (route !== undefined) setRequestRoute(route, request.raw);
    done();
  });
  fastify.addHook('onError', (request, _reply, error, done) => {
    setRequestFailure(error, request.raw);
    done();
  });
  watchErrorHandlers(fastify);
}

/** `onError` hooks are not called where an error handler of the application responds without an error. */
function watchErrorHandlers(fastify: FastifyInstance): void {
  const { setErrorHandler } = fastify;
  // Encapsulated instances inherit it.
  fastify.setErrorHandler = function (...args) {
    const given = args.map((argument) => {
      if (typeof argument !== 'function') return argument;
      const handler = argument as ErrorHandler;
      const watched: ErrorHandler = function (error, request, ...rest) {
        setRequestFailure(error, request.raw);
        return Reflect.apply(handler, this, [error, request, ...rest]);
      };
      return watched;
    });
    return Reflect.apply(setErrorHandler, this, given);
  };
}

/** Reports routes and errors of Fastify. Every instance is announced on the channel before the application has it. */
export const createFastifyHook = (): Instrumentation =>
  new ChannelHook('fastify', { 'fastify.initialization': onInitialization });
