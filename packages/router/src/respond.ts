import { render, type Rendered } from './answer.ts';
import type { RequestContext } from './context.ts';
import { Problem } from './problem.ts';
import { problemAnswer } from './problem-answer.ts';

/** Maps an error that is not an answer to one; undefined leaves it to the 500 without detail. */
export type ErrorMapper = (error: unknown, c: RequestContext) => unknown;

const internalError: Rendered = render(problemAnswer(500));

/** Runs the endpoint and renders what it answers. Never throws or rejects: an error is an answer, too. */
export function respond(c: RequestContext, onError?: ErrorMapper): Rendered | Promise<Rendered> {
  try {
    const value = c.endpoint.handle(c);
    return isThenable(value) ? settle(c, value, onError) : render(value);
  } catch (error) {
    return failed(c, error, onError);
  }
}

async function settle(
  c: RequestContext,
  value: PromiseLike<unknown>,
  onError?: ErrorMapper,
): Promise<Rendered> {
  try {
    return render(await value);
  } catch (error) {
    return failed(c, error, onError);
  }
}

function failed(c: RequestContext, error: unknown, onError?: ErrorMapper): Rendered | Promise<Rendered> {
  if (error instanceof Problem) {
    if (error.status >= 500) c.error = error;
    return render(error);
  }
  if (onError === undefined) return unanswered(c, error);
  return mapped(c, error, onError);
}

async function mapped(c: RequestContext, error: unknown, onError: ErrorMapper): Promise<Rendered> {
  try {
    const value = await onError(error, c);
    if (value === undefined) return unanswered(c, error);
    const rendered = render(value);
    if (rendered.status >= 500) c.error = error;
    return rendered;
  } catch (second) {
    return second instanceof Problem ? render(second) : unanswered(c, second);
  }
}

/** The answer to an error nobody mapped. The client learns nothing; standard error and the span do. */
export function unanswered(c: RequestContext, error: unknown): Rendered {
  c.error = error;
  console.error(`${c.method} ${c.route}:`, error);
  return internalError;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
