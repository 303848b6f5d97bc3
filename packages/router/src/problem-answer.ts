import { Answer, type AnswerHeaders } from './answer.ts';
import { Problem } from './problem.ts';

/** A problem of the router itself: its document is written once, and no stack is taken. */
export function problemAnswer(status: number, detail?: string, headers?: AnswerHeaders): Answer {
  const document = JSON.stringify(new Problem(status, detail));
  return new Answer(document, status, { 'content-type': 'application/problem+json', ...headers });
}
