import { once } from 'node:events';
import { type OutgoingHttpHeaders, validateHeaderValue } from 'node:http';
import { Readable } from 'node:stream';
import { ignoreRejection } from './ignore-rejection.ts';
import { lingerOnClose } from './linger.ts';
import { Problem, problemType } from './problem.ts';
import { type Fields, jsonType, platformTag, putField, Reply } from './reply.ts';
import type { RequestContext } from './request-context.ts';
import { RouterError } from '../router-error.ts';
import { recordFailure } from '../telemetry/record-failure.ts';

/** The header fields of a reply or `Response`. */
type ReplyFields = Iterable<readonly [name: string, value: string | readonly string[]]>;

type Body = string | Uint8Array | AsyncIterable<Uint8Array>;

/** Whether responses with this status never have a body. */
function hasNoBody(status: number): boolean {
  return [204, 205, 304].includes(status);
}

/**
 * Writes a response, unless the client has disconnected; the promise of a stream resolves at its end. Throws the errors
 * of the stream, and SONDE_RESPONSE for a value that cannot be serialized.
 *
 * @param error - The error that the value replaces: recorded when the status is 500 or more
 * @param status - The status of the enclosing reply
 * @param replyFields - The header fields of the enclosing replies
 */
export function write(
  c: RequestContext,
  value: unknown,
  error?: unknown,
  status?: number,
  replyFields?: ReplyFields,
): Promise<void> | undefined {
  if (typeof value === 'string')
    return send(c, error, status, replyFields, { 'content-type': 'text/plain; charset=utf-8' }, value);
  if (value === null || value === undefined) return send(c, error, status ?? 204, replyFields, {}, '');
  if (value instanceof Reply) {
    const { headers = {} } = value;
    return write(c, value.value, error, status ?? value.status, [
      ...(Symbol.iterator in headers ? (headers as ReplyFields) : Object.entries(headers)),
      ...(replyFields ?? []),
    ]);
  }
  const tag = platformTag(value);
  if (tag === 'Response') {
    const response = value as Response;
    if (response.bodyUsed) throw new RouterError('SONDE_RESPONSE', 'Response body already read');
    const fields = [...responseFields(response), ...(replyFields ?? [])];
    if (!c.res.stream) c.res.statusMessage = response.statusText;
    return send(c, error, status ?? response.status, fields, {}, response.body ?? '');
  }
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : tag === 'ArrayBuffer' && Buffer.from(value as ArrayBuffer);
  if (bytes || Symbol.asyncIterator in Object(value)) {
    return send(
      c,
      error,
      status,
      replyFields,
      { 'content-type': 'application/octet-stream' },
      bytes || (value as Body),
    );
  }
  if (/^(Blob|File|FormData|URLSearchParams)$/.test(String(tag)))
    return write(c, new Response(value as Blob), error, status, replyFields);
  const body: string | undefined = JSON.stringify(value);
  // Maps, sets, iterators and the like have no JSON.
  if (!body || (tag && body === '{}'))
    throw new RouterError('SONDE_RESPONSE', `Cannot serialize a ${tag ?? typeof value} as a response`);
  if (value instanceof Error) {
    if (!(value instanceof Problem)) throw value;
    return send(c, error, status ?? value.status, replyFields, { 'content-type': problemType }, body);
  }
  return send(c, error, status, replyFields, { 'content-type': jsonType }, body);
}

/** Content codings that `fetch` decodes. */
const decodedCodings = /^(\s*(x-gzip|gzip|deflate|br|zstd)\s*(,|$))+$/i;

/**
 * The header fields of a `Response`. If it comes from `fetch`, leaves out the fields of that connection, and of the
 * encoding that `fetch` decoded.
 */
function* responseFields({ url, body, headers }: Response): ReplyFields & Generator<[string, string]> {
  const dropped = url ? `connection,${headers.get('connection')}`.toLowerCase().split(/[\s,]+/) : [];
  if (url && body && decodedCodings.test(headers.get('content-encoding') ?? '')) {
    dropped.push('content-encoding', 'content-length');
  }
  for (const field of headers) if (!dropped.includes(field[0])) yield field;
}

function send(
  c: RequestContext,
  error: unknown,
  status = 200,
  replyFields: ReplyFields | undefined,
  defaults: Fields,
  body: Body,
): Promise<void> | undefined {
  if (status >= 500 && error instanceof Error) recordFailure(c, error);
  const bodiless = c.method === 'HEAD' || hasNoBody(status);
  const makeHead = (length?: number): Fields => {
    let fields = defaults;
    // Fast path: most responses have no other fields.
    if (c.fields || replyFields) {
      fields = { ...defaults, ...c.fields };
      for (const [name, value] of replyFields ?? []) {
        // `node:http2` does not validate values.
        if (c.res.stream) validateHeaderValue(name, value as string);
        putField(fields, name, value);
      }
      const { connection, 'content-length': declared } = fields;
      delete fields.connection;
      delete fields['content-length'];
      // Use a declared length only for a stream, whose bytes are counted, or when the body is not sent.
      if (
        (length === undefined || (bodiless && !length)) &&
        status !== 205 &&
        /^\d{1,15}$/.test(String(declared))
      )
        length = Number(declared);
      if (/\bclose\b/i.test(String(connection))) c.res.shouldKeepAlive = false;
    }
    if (status === 205) length = 0;
    if (length !== undefined && status !== 204) fields['content-length'] = String(length);
    return fields;
  };
  const writeHead = (fields: Fields): void => {
    if (!c.reusable) {
      c.res.shouldKeepAlive = false;
      if (!c.req.complete) lingerOnClose(c.req.socket);
    }
    try {
      c.res.writeHead(status, fields as OutgoingHttpHeaders);
    } catch (refused) {
      // Node.js has already set the fields before the invalid one: they must not appear in the error response.
      for (const name in fields) c.res.removeHeader(name);
      throw refused;
    }
  };
  const iterator = iterate(body);
  if (iterator) return stream(c, makeHead, writeHead, iterator, bodiless);
  if (!c.closed) {
    c.responseBytes = Buffer.byteLength(body as string);
    writeHead(makeHead(hasNoBody(status) ? undefined : c.responseBytes));
    c.res.end(bodiless ? undefined : body);
  }
  return undefined;
}

/** Writes chunks as fast as the client reads them. Sends the head with the first one, so that errors before it get a status. */
async function stream(
  c: RequestContext,
  makeHead: () => Fields,
  writeHead: (head: Fields) => void,
  iterator: Source<unknown>,
  bodiless: boolean,
): Promise<void> {
  const { res, signal } = c;
  const { open } = c.connection;
  let head: Fields | undefined;
  const stop = (): void => {
    void ignoreRejection((async () => iterator.return?.())());
  };
  try {
    if (bodiless || signal.aborted) stop();
    else {
      signal.addEventListener('abort', stop);
      for (let result; !(result = await iterator.next()).done;) {
        if (c.closed) return stop();
        const chunk = result.value as Uint8Array;
        // Throws when the chunk is neither a string nor bytes.
        c.responseBytes += Buffer.byteLength(chunk);
        head ??= makeHead();
        // Clients would parse excess bytes as the next response.
        if (c.responseBytes > Number(head['content-length'])) throw lengthMismatch(head);
        if (!res.headersSent) {
          writeHead(head);
          // It has no end of its own, and would hold the server that closes.
          if (String(head['content-type']).includes('text/event-stream')) {
            c.isEndless = true;
            open?.add(c);
          }
        }
        // Back-pressure.
        if (!res.write(chunk)) await once(res, 'drain', { signal });
      }
    }
    if (c.closed) return;
    head ??= makeHead();
    if (!bodiless && c.responseBytes < Number(head['content-length'])) throw lengthMismatch(head);
    if (!res.headersSent) writeHead(head);
    res.end();
  } catch (error) {
    stop();
    if (!c.closed) throw error;
  } finally {
    open?.delete(c);
  }
}

const lengthMismatch = ({ 'content-length': length }: Fields): RouterError =>
  new RouterError('SONDE_RESPONSE', `Invalid content-length ${String(length)}`);

/** The parts of an async iterator that are used here. */
export interface Source<Item> {
  next(): Promise<IteratorResult<Item, unknown>>;
  return?(): unknown;
}

/** A stream of the web, or another iterable. */
export interface Streamable<Item> {
  getReader?(): { read(): Promise<IteratorResult<Item, unknown>>; cancel(): unknown };
  [Symbol.asyncIterator]?(): Source<Item>;
}

/** The iterator of an iterable; undefined for other values. */
export function iterate<Item>(values: object | string): Source<Item> | undefined {
  const streamable = values as Streamable<Item>;
  // The iterator of a web stream does not cancel it while a read is pending.
  const reader = streamable.getReader?.();
  if (reader) return { next: () => reader.read(), return: () => reader.cancel() };
  const iterator = streamable[Symbol.asyncIterator]?.();
  // The iterator of a Node.js stream does not destroy it before the first read.
  return iterator && values instanceof Readable
    ? { next: () => iterator.next(), return: () => values.on('error', () => {}).destroy() }
    : iterator;
}
