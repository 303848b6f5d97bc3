import type { ServerResponse } from 'node:http';
import { fieldsOf, hasNoBody, type Rendered } from './answer.ts';
import { bytesOf, dispose } from './chunks.ts';
import type { NodeContext } from './node-context.ts';
import { internal, report } from './respond.ts';

/** Writes an answer, unless the client has gone. */
export function write(c: NodeContext, res: ServerResponse, rendered: Rendered): void {
  if (res.closed || res.headersSent) return;
  try {
    const { body } = rendered;
    if (typeof body !== 'object') writeWhole(c, res, rendered, body);
    else if (body instanceof Uint8Array) writeWhole(c, res, rendered, body);
    else void stream(c, res, rendered, body[Symbol.asyncIterator]());
  } catch (error) {
    // A header field that cannot be written, say.
    fail(c, res, error);
  }
}

function fail(c: NodeContext, res: ServerResponse, error: unknown): void {
  if (res.headersSent) {
    report(c, error);
    res.destroy();
    return;
  }
  c.fields = undefined;
  write(c, res, internal(c, error));
}

function writeHead(c: NodeContext, res: ServerResponse, rendered: Rendered, length?: number): void {
  const fields = fieldsOf(rendered, c.fields);
  if (length !== undefined) fields.push('content-length', String(length));
  if (!c.reusable(rendered.status)) res.shouldKeepAlive = false;
  res.writeHead(rendered.status, fields);
}

function writeWhole(
  c: NodeContext,
  res: ServerResponse,
  rendered: Rendered,
  body: string | Uint8Array | undefined,
): void {
  if (body === undefined) {
    writeHead(c, res, rendered, hasNoBody(rendered.status) ? undefined : 0);
    res.end();
    return;
  }
  c.responseBytes = Buffer.byteLength(body);
  writeHead(c, res, rendered, c.responseBytes);
  res.end(body);
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
      if (res.closed) return;
      const bytes = bytesOf(chunk);
      c.responseBytes += bytes.byteLength;
      if (!res.headersSent) writeHead(c, res, rendered);
      // One chunk after the other: this wait is the back-pressure.

      if (!res.write(bytes) && !res.closed) await new Promise<void>((resolve) => (wake = resolve));
    }
    if (res.closed) return;
    if (!res.headersSent) writeHead(c, res, rendered);
    res.end();
  } catch (error) {
    if (!res.closed) fail(c, res, error);
  }
}
