import { logs } from '@opentelemetry/api';
import { isReply } from './reply.ts';
import { SEVERITY_ERROR } from '../telemetry/api-enums.ts';
import { scope } from '../telemetry/instruments.ts';
import { Problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import { guarded } from '../telemetry/telemetry.ts';
import { write } from './write.ts';

/** Runs the endpoint and writes what it answers; an error is an answer, too. Never throws. */
export function respond(c: RequestContext): void {
  try {
    const value = c.endpoint.handle(c) as PromiseLike<unknown> | null | undefined;
    const pending =
      typeof value?.then === 'function' ? (async () => write(c, await value))() : write(c, value);
    pending?.catch((error: unknown) => fail(c, error));
  } catch (error) {
    void fail(c, error);
  }
}

/**
 * Answers an error as it says itself, as `onError` says (which may throw the answer, too), or with 500: the client
 * learns nothing of it. Never rejects.
 */
async function fail(c: RequestContext, error: unknown, fault: unknown = error): Promise<void> {
  const { res } = c;
  try {
    if (res.headersSent) throw error;
    const value = isReply(error) ? error : await c.endpoint.onError?.(error, c);
    if (value === undefined) report(c, error);
    return await write(c, value ?? new Problem(500), fault);
  } catch (second) {
    if (isReply(second) && !res.headersSent) return fail(c, second, error);
    report(c, second);
    giveUp(c);
  }
}

/**
 * Ends what cannot be answered as it should: with a bare 500, without the fields that a host framework set when they
 * stand in its way, or else, as in the middle of an answer, with the connection.
 */
function giveUp(c: RequestContext): void {
  const { res } = c;
  c.fields = undefined;
  for (const strip of [false, true]) {
    if (res.headersSent) break;
    try {
      if (strip) for (const name of res.getHeaderNames()) res.removeHeader(name);
      void write(c, new Problem(500));
      return;
    } catch {
      // Once more, or no more.
    }
  }
  // Without an error http2 ends the answer as if it were whole.
  res.destroy(res.stream && new Error('The answer breaks off'));
}

/** An error that nobody expected goes to the span and to the log: the API's where one is kept, else standard error. */
function report(c: RequestContext, exception: unknown): void {
  // What is thrown may be anything: a revoked proxy, an error whose accessors throw.
  guarded(() => {
    if (!c.fail(exception)) return;
    const body = `${c.method} ${c.route || c.path} failed`;
    const record = {
      severityNumber: SEVERITY_ERROR,
      severityText: 'ERROR',
      body,
      exception,
    };
    const logged = guarded(() => {
      const logger = logs.getLogger(...scope);
      const enabled = logger.enabled(record);
      if (enabled) logger.emit(record);
      return enabled;
    });
    if (!logged) console.error(body, exception);
  });
}
