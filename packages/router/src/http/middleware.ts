import type { Context } from './context.ts';
import type { Handle } from '../routing/endpoint.ts';
import type { RequestContext } from './request-context.ts';
import { RouterError } from '../router-error.ts';

declare const added: unique symbol;

/** The result of `next`, for the middleware to return. Its type carries the added state. */
export interface NextResult<Added extends object> {
  readonly [added]: Added;
}

/** Runs the next middleware or the handler, at most once, with additional state. */
export interface Next {
  (): Promise<NextResult<object>>;
  <Added extends object>(state: Added): Promise<NextResult<Added>>;
}

/**
 * Wraps the routes that are registered after it, and the requests that match no route. It returns the result of `next`
 * or a result of its own.
 *
 * @example
 * ```ts
 * import { createRouter, problem } from '@sonde/router';
 *
 * createRouter()
 *   .use((c, next) => {
 *     const user = c.headers['x-user'];
 *     return typeof user === 'string' ? next({ user }) : problem(401);
 *   })
 *   .get('/me', (c) => ({ name: c.state.user }));
 * ```
 */
export type Middleware<State extends object, Result> = (c: Context<{ state: State }>, next: Next) => Result;

/** The state that a middleware adds, by its result type. */
export type StateOf<Result> = UnlessNever<HandlerState<Awaited<Result>>>;
type HandlerState<Value> = Value extends NextResult<infer Added> ? Added : never;
type UnlessNever<Added> = [Added] extends [never] ? object : Added;

/** A middleware with erased types. */
export type AnyMiddleware = (c: RequestContext, next: (state?: object) => Promise<unknown>) => unknown;

/** Wraps a handler in a middleware. */
export function compose(inner: Handle, middleware: AnyMiddleware): Handle {
  return async (c) => {
    let result: Promise<unknown> | undefined;
    const value = await middleware(c, (state) => {
      if (result) throw new RouterError('SONDE_MIDDLEWARE', 'next() was called twice');
      if (state) c.state = { ...c.state, ...state };
      // The async function turns a throw into a rejection.
      result = (async () => inner(c))();
      // Prevents an unhandled rejection when the middleware does not await next().
      result.catch(() => {});
      return result;
    });
    if (value !== undefined) return value;
    if (result) return result;
    throw new RouterError('SONDE_MIDDLEWARE', 'Middleware returned nothing and did not call next()');
  };
}
