import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import { Answer, type Fields, isResponse, jsonType, putField } from './answer.ts';
import { Problem, problemType } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import { RouterError } from './router-error.ts';

/** Header fields of an answer's own. */
type Own = Iterable<readonly [name: string, value: string | readonly string[]]>;

type Body = string | Uint8Array | AsyncIterable<Uint8Array>;

/** Whether an answer of this status never has a body. */
export function hasNoBody(status: number): boolean {
  return [204, 205, 304].includes(status);
}

/**
 * Writes an answer, unless the client has gone; a stream takes its time. Throws what the answer throws, and what is
 * wrong with it: SONDE_ANSWER when it has no form on the wire. An error that is answered with 500 or more is a fault.
 * What an answer says of status and header fields goes along to its value.
 */
export function write(
  c: RequestContext,
  value: unknown,
  error?: unknown,
  status?: number,
  own: Own = [],
): Promise<void> | undefined {
  if (typeof value === 'string')
    return send(c, error, status, own, { 'content-type': 'text/plain; charset=utf-8' }, value);
  if (value === null || value === undefined) return send(c, error, status ?? 204, own, {}, '');
  if (value instanceof Answer) {
    return write(c, value.value, error, status ?? value.status, [
      ...Object.entries(value.headers ?? {}),
      ...own,
    ]);
  }
  if (isResponse(value)) {
    return send(c, error, status ?? value.status, [...value.headers, ...own], {}, value.body ?? '');
  }
  if (value instanceof Uint8Array || Symbol.asyncIterator in Object(value)) {
    return send(c, error, status, own, { 'content-type': 'application/octet-stream' }, value as Body);
  }
  const body: string | undefined = JSON.stringify(value);
  if (!body) throw new RouterError('SONDE_ANSWER', `No answer: ${typeof value}`);
  if (value instanceof Problem)
    return send(c, error, status ?? value.status, own, { 'content-type': problemType }, body);
  return send(c, error, status, own, { 'content-type': jsonType }, body);
}

function send(
  c: RequestContext,
  error: unknown,
  status = 200,
  own: Own,
  defaults: Fields,
  body: Body,
): Promise<void> | undefined {
  if (status >= 500 && error instanceof Error) c.fail(error);
  // Over the defaults what `c.header` set, over all the answer's own header fields.
  const writeHead = (length?: number): void => {
    const fields: Fields = { ...defaults, ...c.fields };
    for (const [name, value] of own) putField(fields, name, value);
    if (length !== undefined) fields['content-length'] = String(length);
    if (!c.reusable) c.res.shouldKeepAlive = false;
    c.res.writeHead(status, fields as OutgoingHttpHeaders);
  };
  const iterator = (body as Partial<AsyncIterable<Uint8Array>>)[Symbol.asyncIterator]?.();
  if (iterator) return stream(c, writeHead, iterator);
  if (!c.gone) {
    c.responseBytes = Buffer.byteLength(body as string);
    writeHead(hasNoBody(status) ? undefined : c.responseBytes);
    c.res.end(body);
  }
  return undefined;
}

/** Writes chunk by chunk, as fast as the client reads. The head goes with the first, so that an error can be told. */
async function stream(
  c: RequestContext,
  writeHead: () => void,
  iterator: AsyncIterator<Uint8Array>,
): Promise<void> {
  const { res, signal } = c;
  signal.addEventListener('abort', () => release(iterator));
  try {
    if (c.method === 'HEAD') release(iterator);
    else {
      for await (const chunk of { [Symbol.asyncIterator]: () => iterator }) {
        if (c.gone) return;
        // Throws when it is neither text nor bytes.
        c.responseBytes += Buffer.byteLength(chunk);
        if (!res.headersSent) writeHead();
        // One chunk after the other: this wait is the back-pressure.
        if (!res.write(chunk)) await once(res, 'drain', { signal });
      }
    }
    if (c.gone) return;
    if (!res.headersSent) writeHead();
    res.end();
  } catch (error) {
    if (!c.gone) throw error;
  }
}

/** Lets go of a stream that nobody wants any more. What it throws now has no one left to hear it. */
function release(iterator: AsyncIterator<Uint8Array>): void {
  (async () => iterator.return?.())().catch(() => {});
}
