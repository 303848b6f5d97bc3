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
    const value = c.endpoint.handle(c);
    const pending = isThenable(value) ? settle(c, value) : write(c, value);
    pending?.catch((error: unknown) => fail(c, error));
  } catch (error) {
    void fail(c, error);
  }
}

async function settle(c: RequestContext, value: PromiseLike<unknown>): Promise<void> {
  await write(c, await value);
}

/** Answers an error as it says itself, as `onError` says (which may throw the answer, too), or with 500. */
async function fail(c: RequestContext, error: unknown, fault: unknown = error): Promise<void> {
  if (c.res.headersSent) return abandon(c, error);
  try {
    const value = isAnswer(error) ? error : await c.endpoint.onError?.(error, c);
    if (value === undefined) report(c, error);
    return await write(c, value ?? internalError, fault);
  } catch (second) {
    return isAnswer(second) ? fail(c, second, error) : abandon(c, second);
  }
}

/** Ends a request that cannot be answered as it should: with a bare 500, or in the middle of its answer. */
function abandon(c: RequestContext, error: unknown): void {
  report(c, error);
  c.fields = undefined;
  if (c.res.headersSent) c.res.destroy();
  else void write(c, internalError);
}

/** The client learns nothing of it. */
const internalError = new Problem(500);

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

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}
