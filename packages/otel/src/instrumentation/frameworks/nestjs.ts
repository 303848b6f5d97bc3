import type { Instrumentation } from '@opentelemetry/instrumentation';
import { setRequestFailure } from '../http-server/server-request.ts';
import { EsmFrameworkHook } from './framework-hook.ts';

interface HandlerModule {
  readonly ExceptionsHandler: {
    readonly prototype: { next: (this: unknown, exception: unknown, ...rest: unknown[]) => unknown };
  };
}

function patchExceptionsHandler(exports: unknown): unknown {
  const { prototype } = (exports as HandlerModule).ExceptionsHandler;
  const { next } = prototype;
  prototype.next = function (exception, ...rest) {
    setRequestFailure(exception);
    return Reflect.apply(next, this, [exception, ...rest]);
  };
  return exports;
}

/** Reports the exceptions of controllers. Routes come from the platform: Express or Fastify. */
export const createNestHook = (): Instrumentation =>
  new EsmFrameworkHook('nestjs-core', [
    {
      file: '@nestjs/core/exceptions/exceptions-handler.js',
      versions: ['>=8.0.0'],
      patch: patchExceptionsHandler,
    },
  ]);
