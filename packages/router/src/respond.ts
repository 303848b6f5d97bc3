import { logs } from '@opentelemetry/api';
import { isAnswer } from './answer.ts';
import { SEVERITY_ERROR } from './api-enums.ts';
import { scope } from './instruments.ts';
import { Problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import { guarded } from './telemetry.ts';
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
 * learns nothing of it.
 */
async function fail(c: RequestContext, error: unknown, fault: unknown = error): Promise<void> {
  const { res } = c;
  try {
    if (res.headersSent) throw error;
    const value = isAnswer(error) ? error : await c.endpoint.onError?.(error, c);
    if (value === undefined) report(c, error);
    return await write(c, value ?? new Problem(500), fault);
  } catch (second) {
    if (isAnswer(second) && !res.headersSent) return fail(c, second, error);
    // It cannot be answered as it should: with a bare 500, or in the middle of its answer.
    report(c, second);
    c.fields = undefined;
    if (res.headersSent) res.destroy();
    else void write(c, new Problem(500));
  }
}

/** An error that nobody expected goes to the span and to the log: the API's where one is kept, else standard error. */
function report(c: RequestContext, exception: unknown): void {
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
}
