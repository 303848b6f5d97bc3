import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import { type Fields, putField, render, type Rendered } from './answer.ts';
import type { RequestContext } from './request-context.ts';

/** Whether an answer of this status never has a body. */
export function hasNoBody(status: number): boolean {
  return [204, 205, 304].includes(status);
}

/**
 * Writes an answer, unless the client has gone; a stream takes its time. Throws what the answer throws, and what is
 * wrong with it. An error that is answered with 500 or more is a fault.
 */
export function write(c: RequestContext, value: unknown, error?: unknown): Promise<void> | undefined {
  const rendered = render(value);
  const { status, body } = rendered;
  if (status >= 500 && error instanceof Error) c.fail(error);
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    return stream(c, rendered, body[Symbol.asyncIterator]());
  }
  if (!c.gone) {
    c.responseBytes = Buffer.byteLength(body);
    writeHead(c, rendered, hasNoBody(status) ? undefined : c.responseBytes);
    c.res.end(body);
  }
  return undefined;
}

/** The default content-type; over it what `c.header` set, over all the answer's own header fields. */
function writeHead(c: RequestContext, { status, type, own }: Rendered, length?: number): void {
  const fields: Fields = {};
  if (type) fields['content-type'] = type;
  Object.assign(fields, c.fields);
  for (const [name, value] of own) putField(fields, name, value);
  if (length !== undefined) fields['content-length'] = String(length);
  if (!c.reusable(status)) c.res.shouldKeepAlive = false;
  c.res.writeHead(status, fields as OutgoingHttpHeaders);
}

/** Writes chunk by chunk, as fast as the client reads. The head goes with the first, so that an error can be told. */
async function stream(
  c: RequestContext,
  rendered: Rendered,
  iterator: AsyncIterator<Uint8Array>,
): Promise<void> {
  const { method, res, signal } = c;
  signal.addEventListener('abort', () => release(iterator));
  try {
    if (method !== 'HEAD') {
      for await (const chunk of { [Symbol.asyncIterator]: () => iterator }) {
        if (c.gone) return;
        // Throws when it is neither text nor bytes.
        c.responseBytes += Buffer.byteLength(chunk);
        if (!res.headersSent) writeHead(c, rendered);
        // One chunk after the other: this wait is the back-pressure.
        if (!res.write(chunk)) await once(res, 'drain', { signal });
      }
    }
    if (c.gone) return;
    if (!res.headersSent) writeHead(c, rendered);
    res.end();
  } catch (error) {
    if (!c.gone) throw error;
  } finally {
    release(iterator);
  }
}

/** Lets go of a stream that nobody wants any more. What it throws now has no one left to hear it. */
function release(iterator: AsyncIterator<Uint8Array>): void {
  (async () => iterator.return?.())().catch(() => {});
}
