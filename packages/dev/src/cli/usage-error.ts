/** A command line that cannot be right: the flag, its value, and what is expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
