/** A query that cannot be read, and where. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly code = 'QUERY_SYNTAX';
  /** The first character that does not fit, from 0. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(`${message} at character ${position}`);
    this.position = position;
  }
}
