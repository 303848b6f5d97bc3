import type { Context } from './context.ts';
import type { Handle } from '../routing/endpoint.ts';
import type { RequestContext } from './request-context.ts';
import { RouterError } from '../router-error.ts';

declare const added: unique symbol;

/** What `next` resolves to: the answer of what follows, to be returned. Its type remembers the state handed on. */
export interface NextResult<Added extends object> {
  readonly [added]: Added;
}

/** Runs what follows, at most once, and hands state to it. */
export interface Next {
  (): Promise<NextResult<object>>;
  <Added extends object>(state: Added): Promise<NextResult<Added>>;
}

/**
 * Runs around the routes that are registered after it, and around what no route matches. It returns what `next` gave,
 * or an answer of its own.
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

/** The state that a middleware's result hands on. */
export type StateOf<Result> = UnlessNever<HandlerState<Awaited<Result>>>;
type HandlerState<Value> = Value extends NextResult<infer Added> ? Added : never;
type UnlessNever<Added> = [Added] extends [never] ? object : Added;

/** A middleware with its types erased, as the chain runs it. */
export type AnyMiddleware = (c: RequestContext, next: (state?: object) => Promise<unknown>) => unknown;

/** Puts a middleware around a handler. */
export function compose(inner: Handle, middleware: AnyMiddleware): Handle {
  return async (c) => {
    let rest: Promise<unknown> | undefined;
    const value = await middleware(c, (state) => {
      if (rest) throw new RouterError('SONDE_MIDDLEWARE', 'next() called twice');
      if (state) c.state = { ...c.state, ...state };
      // A throw becomes a rejection.
      rest = (async () => inner(c))();
      // A middleware that answers without waiting does not care how the rest ended.
      rest.catch(() => {});
      return rest;
    });
    if (value !== undefined) return value;
    if (rest) return rest;
    throw new RouterError('SONDE_MIDDLEWARE', 'No answer, no next()');
  };
}
