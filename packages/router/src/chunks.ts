import { RouterError } from './router-error.ts';

/** A chunk of a streamed answer as bytes. Throws SONDE_ANSWER when it is neither text nor bytes. */
export function bytesOf(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw new RouterError('SONDE_ANSWER', `A stream must yield text or Uint8Array, not ${typeof chunk}`);
}

/** Lets go of a stream that nobody wants any more. */
export function dispose(iterator: AsyncIterator<unknown>): void {
  const release = async (): Promise<unknown> => iterator.return?.();
  // What it throws now has no one left to hear it.
  release().catch(() => {});
}
