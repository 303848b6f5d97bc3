import { once } from 'node:events';
import { type OutgoingHttpHeaders, validateHeaderValue } from 'node:http';
import { Readable } from 'node:stream';
import { Reply, type Fields, isResponse, jsonType, putField } from './reply.ts';
import { Problem, problemType } from './problem.ts';
import type { RequestContext } from './request-context.ts';
import { RouterError } from '../router-error.ts';

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
  if (value instanceof Reply) {
    const { headers = {} } = value;
    return write(c, value.value, error, status ?? value.status, [
      ...(Symbol.iterator in headers ? (headers as Own) : Object.entries(headers)),
      ...own,
    ]);
  }
  if (isResponse(value)) {
    if (value.bodyUsed) throw new RouterError('SONDE_ANSWER', 'The Response was read before');
    return send(c, error, status ?? value.status, [...fieldsOf(value), ...own], {}, value.body ?? '');
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

/** Codings that `fetch` decodes. */
const decoded = /^(\s*(x-gzip|gzip|deflate|br|zstd)\s*(,|$))+$/i;

/**
 * The header fields of a Response. One that `fetch` gave has those of another connection, and of a body that was
 * decoded on the way.
 */
function* fieldsOf({ url, body, headers }: Response): Own & Generator<[string, string]> {
  const dropped = url ? `connection,${headers.get('connection')}`.toLowerCase().split(/[\s,]+/) : [];
  if (url && body && decoded.test(headers.get('content-encoding') ?? '')) {
    dropped.push('content-encoding', 'content-length');
  }
  for (const field of headers) if (!dropped.includes(field[0])) yield field;
}

/** What an answer begins with. */
interface Head {
  readonly fields: Fields;
  /** The bytes of the body, where they are known before. */
  readonly length: number | undefined;
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
  const bodiless = c.method === 'HEAD' || hasNoBody(status);
  // Over the defaults what `c.header` set, over all the answer's own header fields.
  const makeHead = (size?: number): Head => {
    const fields: Fields = { ...defaults, ...c.fields };
    for (const [name, value] of own) {
      // http2 leaves the check to the other side.
      if (c.res.stream) validateHeaderValue(name, value as string);
      putField(fields, name, value);
    }
    let length = status === 205 ? 0 : size;
    const { connection, 'content-length': given } = fields;
    if (given !== undefined) {
      delete fields['content-length'];
      // A length is believed where the body does not say it: it is a stream, which is counted, or it is not sent.
      if (
        (length === undefined || (bodiless && !length && status !== 205)) &&
        /^\d{1,15}$/.test(String(given))
      )
        length = Number(given);
    }
    if (length !== undefined && status !== 204) fields['content-length'] = String(length);
    if (connection !== undefined) {
      delete fields.connection;
      if (/\bclose\b/i.test(String(connection))) c.res.shouldKeepAlive = false;
    }
    return { fields, length };
  };
  const writeHead = ({ fields }: Head): void => {
    if (!c.reusable) c.res.shouldKeepAlive = false;
    try {
      c.res.writeHead(status, fields as OutgoingHttpHeaders);
    } catch (refused) {
      // Those that were set before the one that is refused would stay for the answer that is written instead.
      for (const name in fields) c.res.removeHeader(name);
      throw refused;
    }
  };
  const iterator = (body as Partial<AsyncIterable<Uint8Array>>)[Symbol.asyncIterator]?.();
  if (iterator) return stream(c, makeHead, writeHead, body, iterator, bodiless);
  if (!c.closed) {
    c.responseBytes = Buffer.byteLength(body as string);
    writeHead(makeHead(hasNoBody(status) ? undefined : c.responseBytes));
    c.res.end(bodiless ? undefined : body);
  }
  return undefined;
}

/** Writes chunk by chunk, as fast as the client reads. The head goes with the first, so that an error can be told. */
async function stream(
  c: RequestContext,
  makeHead: () => Head,
  writeHead: (head: Head) => void,
  body: Body,
  iterator: AsyncIterator<Uint8Array>,
  bodiless: boolean,
): Promise<void> {
  const { res, signal } = c;
  let head: Head | undefined;
  const release = (): void => letGo(body, iterator);
  try {
    if (bodiless || signal.aborted) release();
    else {
      signal.addEventListener('abort', release);
      for await (const chunk of { [Symbol.asyncIterator]: () => iterator }) {
        if (c.closed) return;
        // Throws when it is neither text nor bytes.
        c.responseBytes += Buffer.byteLength(chunk);
        head ??= makeHead();
        // One byte too many would be read as the next answer.
        if (c.responseBytes > (head.length ?? Infinity)) throw misfit(head);
        if (!res.headersSent) writeHead(head);
        // One chunk after the other: this wait is the back-pressure.
        if (!res.write(chunk)) await once(res, 'drain', { signal });
      }
    }
    if (c.closed) return;
    head ??= makeHead();
    if (!bodiless && c.responseBytes < (head.length ?? 0)) throw misfit(head);
    if (!res.headersSent) writeHead(head);
    res.end();
  } catch (error) {
    if (!c.closed) throw error;
  }
}

const misfit = ({ length }: Head): RouterError =>
  new RouterError('SONDE_ANSWER', `The body is not of its content-length, ${length} bytes`);

/** Lets go of a stream that nobody wants any more. What it throws now has no one left to hear it. */
function letGo(body: Body, iterator: AsyncIterator<Uint8Array>): void {
  (async () => {
    // The iterator of a stream of Node that was not begun does not end it.
    if (body instanceof Readable) body.on('error', () => {}).destroy();
    await iterator.return?.();
  })().catch(() => {});
}
