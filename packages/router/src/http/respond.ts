// As a whole: older versions of the API have no `logs`, and an import by name would not link.
import * as api from '@opentelemetry/api';
import { Problem } from './problem.ts';
import { isReply } from './reply.ts';
import type { RequestContext } from './request-context.ts';
import { write } from './write.ts';
import type { Endpoint } from '../routing/endpoint.ts';
import { SEVERITY_ERROR } from '../telemetry/api-enums.ts';
import { guarded } from '../telemetry/guarded.ts';
import { scope } from '../telemetry/instruments.ts';
import { recordFailure } from '../telemetry/record-failure.ts';

/** Runs the endpoint and writes its result or its error. Never throws. */
export function respond(c: RequestContext, endpoint: Endpoint): void {
  try {
    const value = endpoint.handle(c) as PromiseLike<unknown> | null | undefined;
    const pending =
      typeof value?.then === 'function' ? (async () => write(c, await value))() : write(c, value);
    pending?.catch((error: unknown) => respondToError(c, endpoint, error));
  } catch (error) {
    void respondToError(c, endpoint, error);
  }
}

/**
 * Writes the response for an error: the error itself if it is a reply, else the result of `onError` (which may also
 * throw the reply), else a 500 without detail. Never rejects.
 *
 * @param cause - The error to record, when `error` is the reply that replaces it
 */
async function respondToError(
  c: RequestContext,
  endpoint: Endpoint,
  error: unknown,
  cause: unknown = error,
): Promise<void> {
  const { res } = c;
  try {
    if (res.headersSent) throw error;
    const value = isReply(error) ? error : await endpoint.onError?.(error, c);
    if (value === undefined) reportError(c, error);
    return await write(c, value ?? new Problem(500), cause);
  } catch (second) {
    if (isReply(second) && !res.headersSent) return respondToError(c, endpoint, second, error);
    reportError(c, second);
    abort(c);
  }
}

/**
 * Writes a plain 500, if necessary without the header fields that a host framework set. Closes the connection when that
 * fails or the response has already started.
 */
function abort(c: RequestContext): void {
  const { res } = c;
  c.fields = undefined;
  for (const strip of [false, true]) {
    if (res.headersSent) break;
    try {
      if (strip) for (const name of res.getHeaderNames()) res.removeHeader(name);
      void write(c, new Problem(500));
      return;
    } catch {
      // Retry without the fields of the host, then close the connection.
    }
  }
  // Without an error, `node:http2` ends the response as if it were complete.
  res.destroy(res.stream && new Error('Response aborted'));
}

/** Records an unexpected error on the span and logs it: through the API if a logger is enabled, else to stderr. */
function reportError(c: RequestContext, exception: unknown): void {
  // Accessing the error may throw: it can be a revoked proxy or have throwing accessors.
  guarded(() => {
    if (!recordFailure(c, exception)) return;
    const body = `${c.method} ${c.route || c.path} failed`;
    const record = {
      severityNumber: SEVERITY_ERROR,
      severityText: 'ERROR',
      body,
      exception,
    };
    const isLogged = guarded(() => {
      const logger = api.logs.getLogger(...scope);
      const isEnabled = logger.enabled(record);
      if (isEnabled) logger.emit(record);
      return isEnabled;
    });
    if (!isLogged) console.error(body, exception);
  });
}
