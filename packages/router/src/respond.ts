import { isAnswer, render, type Rendered } from './answer.ts';
import { Problem } from './problem.ts';
import type { RequestContext } from './request-context.ts';

const internalError: Rendered = render(new Problem(500));

/** Runs the endpoint and renders what it answers. Never throws or rejects: an error is an answer, too. */
export function respond(c: RequestContext): Rendered | Promise<Rendered> {
  try {
    const value = c.endpoint.handle(c);
    return isThenable(value) ? settled(c, value) : render(value);
  } catch (error) {
    return failed(c, error);
  }
}

async function settled(c: RequestContext, value: PromiseLike<unknown>): Promise<Rendered> {
  try {
    return render(await value);
  } catch (error) {
    return failed(c, error);
  }
}

/** The answer that stands for an error. The error is a fault only when the answer says so. */
async function failed(c: RequestContext, error: unknown): Promise<Rendered> {
  try {
    const value = isAnswer(error) ? error : await mapped(c, error);
    if (value === undefined) return internal(c, error);
    const rendered = render(value);
    if (rendered.status >= 500 && error instanceof Error) c.fail(error);
    return rendered;
  } catch (second) {
    return internal(c, second);
  }
}

/** What `onError` makes of an error: it may throw an answer as well as return it. */
async function mapped(c: RequestContext, error: unknown): Promise<unknown> {
  try {
    return await c.endpoint.onError?.(error, c);
  } catch (second) {
    if (isAnswer(second)) return second;
    throw second;
  }
}

/** The answer to an error that nobody mapped. The client learns nothing; the span and standard error do. */
export function internal(c: RequestContext, error: unknown): Rendered {
  // A handler that gives up because its client has gone does what it should.
  if (!(c.gone && error instanceof Error && error.name === 'AbortError')) {
    c.fail(error);
    console.error(`${c.method} ${c.route || c.path} failed:`, error);
  }
  return internalError;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}
