import { channel } from 'node:diagnostics_channel';
import { diag } from '@opentelemetry/api';
import type { Instrumentation, InstrumentationConfig } from '@opentelemetry/instrumentation';
import { version } from '../../version.ts';
import { setRequestFailure, setRequestRoute } from '../http-server/server-request.ts';

/** Every instance of Fastify is announced on it, before the application has it. */
const initialization = channel('fastify.initialization');

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

function onInitialization(message: unknown): void {
  try {
    const { fastify } = message as { readonly fastify: FastifyInstance };
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
  } catch (fault) {
    diag.error('failed to instrument an instance of Fastify', fault);
  }
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

/** Reports routes and errors of Fastify, which announces its instances on a channel. */
class FastifyHook implements Instrumentation {
  readonly instrumentationName: string = '@sonde/instrumentation-fastify';
  readonly instrumentationVersion: string = version;

  #isEnabled = false;

  enable(): void {
    initialization.unsubscribe(onInitialization);
    initialization.subscribe(onInitialization);
    this.#isEnabled = true;
  }

  disable(): void {
    this.#isEnabled = false;
    initialization.unsubscribe(onInitialization);
  }

  setTracerProvider(): void {}

  setMeterProvider(): void {}

  setConfig({ enabled = true }: InstrumentationConfig): void {
    if (enabled) this.enable();
    else this.disable();
  }

  getConfig(): InstrumentationConfig {
    return { enabled: this.#isEnabled };
  }
}

export const createFastifyHook = (): Instrumentation => new FastifyHook();
