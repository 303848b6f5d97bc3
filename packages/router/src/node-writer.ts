import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { fieldsOf, hasNoBody, type Rendered } from './answer.ts';
import { bytesOf, dispose } from './chunks.ts';
import type { NodeContext } from './node-context.ts';
import { internal } from './respond.ts';

/** Writes an answer, unless the client has gone. */
export function write(c: NodeContext, res: ServerResponse, rendered: Rendered): void {
  const { status, body = '' } = rendered;
  if (c.gone) {
    if (typeof body === 'object' && Symbol.asyncIterator in body) dispose(body[Symbol.asyncIterator]());
    return;
  }
  try {
    if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
      void stream(c, res, rendered, body[Symbol.asyncIterator]());
      return;
    }
    const length = Buffer.byteLength(body);
    c.responseBytes = length;
    writeHead(c, res, rendered, hasNoBody(status) ? undefined : length);
    res.end(body);
  } catch (error) {
    // A header field that cannot be written, say.
    fail(c, res, error);
  }
}

function fail(c: NodeContext, res: ServerResponse, error: unknown): void {
  const answer = internal(c, error);
  c.fields = undefined;
  if (res.headersSent) res.destroy();
  else write(c, res, answer);
}

function writeHead(c: NodeContext, res: ServerResponse, rendered: Rendered, length?: number): void {
  const fields = fieldsOf(rendered, c.fields);
  if (length !== undefined) fields['content-length'] = String(length);
  if (!c.reusable(rendered.status)) res.shouldKeepAlive = false;
  res.writeHead(rendered.status, fields as OutgoingHttpHeaders);
}

/** Writes chunk by chunk, as fast as the client reads. The head goes with the first, so that an error can be told. */
async function stream(
  c: NodeContext,
  res: ServerResponse,
  rendered: Rendered,
  iterator: AsyncIterator<unknown>,
): Promise<void> {
  let wake: (() => void) | undefined;
  res.on('drain', () => wake?.());
  res.once('close', () => {
    wake?.();
    dispose(iterator);
  });
  try {
    if (c.method === 'HEAD') {
      writeHead(c, res, rendered);
      res.end();
      return;
    }
    for await (const chunk of { [Symbol.asyncIterator]: () => iterator }) {
      if (c.gone) return;
      const bytes = bytesOf(chunk);
      c.responseBytes += bytes.byteLength;
      if (!res.headersSent) writeHead(c, res, rendered);
      // One chunk after the other: this wait is the back-pressure.

      if (!res.write(bytes) && !c.gone) await new Promise<void>((resolve) => (wake = resolve));
    }
    if (c.gone) return;
    if (!res.headersSent) writeHead(c, res, rendered);
    res.end();
  } catch (error) {
    if (!c.gone) fail(c, res, error);
  }
}
