import { isAnswer, problemAnswer, render, type Rendered } from './answer.ts';
import type { RequestContext } from './context.ts';

const internalError: Rendered = render(problemAnswer(500));

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

function failed(c: RequestContext, error: unknown): Rendered | Promise<Rendered> {
  if (isAnswer(error)) return answered(c, error, error);
  return c.endpoint.onError === undefined ? internal(c, error) : mapped(c, error);
}

async function mapped(c: RequestContext, error: unknown): Promise<Rendered> {
  try {
    const value = await c.endpoint.onError?.(error, c);
    return value === undefined ? internal(c, error) : answered(c, error, value);
  } catch (second) {
    return isAnswer(second) ? answered(c, error, second) : internal(c, second);
  }
}

/** The answer that stands for an error. The error is a fault only when the answer says so. */
function answered(c: RequestContext, error: unknown, value: unknown): Rendered {
  try {
    const rendered = render(value);
    if (rendered.status >= 500 && error instanceof Error) c.fail(error);
    return rendered;
  } catch (unwritable) {
    return internal(c, unwritable);
  }
}

/** The answer to an error that nobody mapped. The client learns nothing; the span and standard error do. */
export function internal(c: RequestContext, error: unknown): Rendered {
  const gaveUp = c.gone && error instanceof Error && error.name === 'AbortError';
  // A handler that gives up because its client has gone does what it should.
  if (!gaveUp) {
    c.fail(error);
    console.error(`${c.method} ${c.route || c.path} failed:`, error);
  }
  return internalError;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
