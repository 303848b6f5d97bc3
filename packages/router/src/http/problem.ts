import { STATUS_CODES } from 'node:http';
import { acrossCopies } from './across-copies.ts';

/** The media type of problem documents. */
export const problemType = 'application/problem+json';

/** Additional members of a problem document, including `type`, `title` and `instance`. */
export type ProblemExtras = Readonly<Record<string, unknown>>;

/**
 * An error response as `application/problem+json`. A handler can throw or return it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 *
 * @example
 * ```ts
 * import { Problem, problem } from '@sonde/router';
 *
 * console.log(problem(404) instanceof Problem); // true
 * ```
 *
 * @throws RangeError when the status is not between 400 and 599.
 */
export class Problem extends Error {
  static {
    acrossCopies(this, 'Problem');
  }

  override readonly name = 'Problem';
  declare readonly status: number;
  declare readonly detail: string | undefined;
  declare readonly extras: ProblemExtras | undefined;

  constructor(status: number, detail?: string, extras?: ProblemExtras) {
    super(detail ?? STATUS_CODES[status]);
    this.status = checkStatus(status, 400);
    this.detail = detail;
    this.extras = extras;
  }

  /** The problem document. */
  toJSON(): Record<string, unknown> {
    return { title: STATUS_CODES[this.status], ...this.extras, status: this.status, detail: this.detail };
  }
}

/**
 * Creates a problem to throw or to return.
 *
 * @param detail - An explanation of this occurrence
 * @param extras - Additional members of the document
 * @throws RangeError when the status is not between 400 and 599.
 *
 * @example
 * ```ts
 * import { createRouter, problem } from '@sonde/router';
 *
 * createRouter().get('/users/:id', (c) => {
 *   throw problem(404, 'No such user', { id: c.params.id });
 * });
 * ```
 */
export function problem(status: number, detail?: string, extras?: ProblemExtras): Problem {
  return new Problem(status, detail, extras);
}

/** Returns the status if it is in range. */
export function checkStatus(status: number, min: number): number {
  if (Number.isInteger(status) && status >= min && status <= 599) return status;
  throw new RangeError(`Invalid status ${status}: expected ${min} to 599`);
}
