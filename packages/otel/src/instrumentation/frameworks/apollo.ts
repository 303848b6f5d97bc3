import type { Instrumentation } from '@opentelemetry/instrumentation';
import { setRequestFailure } from '../http-server/server-request.ts';
import { EsmFrameworkHook, type ModuleHook } from './framework-hook.ts';

interface ApolloModule {
  readonly ApolloServer: {
    readonly prototype: { errorResponse: (this: unknown, error: unknown, ...rest: unknown[]) => unknown };
  };
}

function patchApolloServer(exports: unknown): unknown {
  const { prototype } = (exports as ApolloModule).ApolloServer;
  const { errorResponse } = prototype;
  prototype.errorResponse = function (error, ...rest) {
    // Errors of the application are wrapped.
    const { originalError } = (error ?? {}) as { readonly originalError?: unknown };
    setRequestFailure(originalError ?? error);
    return Reflect.apply(errorResponse, this, [error, ...rest]);
  };
  return exports;
}

const apolloHooks: readonly ModuleHook[] = ['cjs', 'esm'].map((folder) => ({
  file: `@apollo/server/dist/${folder}/ApolloServer.js`,
  versions: ['>=4.0.0 <6'],
  patch: patchApolloServer,
}));

/** Reports the errors that Apollo Server responds to a whole request with, such as that of its `context` function. */
export const createApolloHook = (): Instrumentation => new EsmFrameworkHook('apollo', apolloHooks);
