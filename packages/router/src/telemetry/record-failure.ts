import { inspect } from 'node:util';
import { guarded } from './guarded.ts';
import type { RequestContext } from '../http/request-context.ts';

/**
 * Records the first error of a request on its span, immediately: the span of a host may end before the request does.
 *
 * @returns false when an error was recorded before, or when the handler stopped because the client disconnected
 */
export function recordFailure(c: RequestContext, error: unknown): boolean {
  const isAbort = c.closed && (error as Error | undefined)?.name === 'AbortError';
  if (isAbort || c.error !== undefined) return false;
  c.error = error;
  guarded(() => c.span?.recordException(error instanceof Error ? error : inspect(error)));
  return true;
}
