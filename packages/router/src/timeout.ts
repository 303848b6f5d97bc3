import type { Context } from './http/context.ts';
import type { Next, NextResult } from './http/middleware.ts';
import { type Problem, problem } from './http/problem.ts';
import type { RequestContext } from './http/request-context.ts';
import { unexpected } from './router-error.ts';

/**
 * A middleware that limits the time until a handler returns its response. After that the response is 503, `c.signal`
 * aborts, and the result of the handler is ignored. A stream that has been returned may take longer.
 *
 * @param timeoutMs - In milliseconds
 * @throws RouterError SONDE_ROUTER_OPTION when the time is not a positive integer below 2^31.
 *
 * @example
 * ```ts
 * import { createRouter } from '@sonde/router';
 * import { timeout } from '@sonde/router/timeout';
 *
 * createRouter()
 *   .use(timeout(5000))
 *   .get('/users', (c) => fetch('http://users.internal/', { signal: c.signal }));
 * ```
 */
export function timeout(
  timeoutMs: number,
): (c: Context, next: Next) => Promise<NextResult<object> | Problem> {
  if (!Number.isInteger(timeoutMs) || timeoutMs <= 0 || timeoutMs >= 2 ** 31) {
    throw unexpected('timeout', 'a positive integer', timeoutMs);
  }
  return (c, next) =>
    new Promise((resolve, reject) => {
      // An abort listener exists only when the signal was created.
      const { signal } = c;
      const timer = setTimeout(() => {
        resolve(problem(503, `No response within ${timeoutMs} ms`));
        if (!signal.aborted) (c as unknown as RequestContext).abort();
      }, timeoutMs);
      void next()
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
}
