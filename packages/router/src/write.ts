import type { OutgoingHttpHeaders } from 'node:http';
import { fieldsOf, type Rendered } from './answer.ts';
import type { RequestContext } from './request-context.ts';
import { internal } from './respond.ts';
import { RouterError } from './router-error.ts';

/** Whether an answer of this status never has a body. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

/** Writes an answer, unless the client has gone. */
export function write(c: RequestContext, rendered: Rendered): void {
  const { status, body } = rendered;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    void stream(c, rendered, body[Symbol.asyncIterator]());
  } else if (!c.gone) {
    try {
      c.responseBytes = Buffer.byteLength(body);
      writeHead(c, rendered, hasNoBody(status) ? undefined : c.responseBytes);
      c.res.end(body);
    } catch (error) {
      // A header field that cannot be written, say.
      fail(c, error);
    }
  }
}

function fail(c: RequestContext, error: unknown): void {
  const answer = internal(c, error);
  c.fields = undefined;
  if (c.res.headersSent) c.res.destroy();
  else write(c, answer);
}

function writeHead(c: RequestContext, rendered: Rendered, length?: number): void {
  const fields = fieldsOf(rendered, c.fields);
  if (length !== undefined) fields['content-length'] = String(length);
  if (!c.reusable(rendered.status)) c.res.shouldKeepAlive = false;
  c.res.writeHead(rendered.status, fields as OutgoingHttpHeaders);
}

/** Writes chunk by chunk, as fast as the client reads. The head goes with the first, so that an error can be told. */
async function stream(
  c: RequestContext,
  rendered: Rendered,
  iterator: AsyncIterator<unknown>,
): Promise<void> {
  const { res } = c;
  let wake: (() => void) | undefined;
  const release = (): void => {
    wake?.();
    dispose(iterator);
  };
  if (c.gone) return release();
  res.on('drain', () => wake?.());
  res.once('close', release);
  try {
    if (c.method !== 'HEAD') {
      for await (const chunk of { [Symbol.asyncIterator]: () => iterator }) {
        if (c.gone) return;
        const bytes = bytesOf(chunk);
        c.responseBytes += bytes.length;
        if (!res.headersSent) writeHead(c, rendered);
        // One chunk after the other: this wait is the back-pressure.
        if (!res.write(bytes) && !c.gone) await new Promise<void>((resolve) => (wake = resolve));
      }
    }
    if (c.gone) return;
    if (!res.headersSent) writeHead(c, rendered);
    res.end();
  } catch (error) {
    if (!c.gone) fail(c, error);
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw new RouterError('SONDE_ANSWER', `No text, no Uint8Array: ${typeof chunk}`);
}

/** Lets go of a stream that nobody wants any more. */
function dispose(iterator: AsyncIterator<unknown>): void {
  const release = async (): Promise<unknown> => iterator.return?.();
  // What it throws now has no one left to hear it.
  release().catch(() => {});
}
