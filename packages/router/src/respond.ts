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

/** The answer that stands for an error; `onError` may throw it, too. It makes the error a fault, or does not. */
async function failed(c: RequestContext, error: unknown, fault = error): Promise<Rendered> {
  try {
    const value = isAnswer(error) ? error : await c.endpoint.onError?.(error, c);
    if (value === undefined) return internal(c, error);
    const rendered = render(value);
    if (rendered.status >= 500 && fault instanceof Error) c.fail(fault);
    return rendered;
  } catch (second) {
    return isAnswer(second) ? failed(c, second, error) : internal(c, second);
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
