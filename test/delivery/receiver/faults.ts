import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { NumberedItems } from './request-reader.ts';

/** One request and its response. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Reads the body, as sent. */
  readonly body: () => Promise<Buffer>;
  /** Counts the items as received. @param filter drops items before */
  readonly accept: (body: Buffer, filter?: (items: NumberedItems) => NumberedItems) => void;
}

/** How a receiver treats a request. */
export type Fault = (exchange: Exchange) => Promise<void>;

const protobuf = { 'content-type': 'application/x-protobuf' };
const maxVarint = 0x7f;

/** A length-delimited field; its content is shorter than 128 bytes. */
const delimited = (field: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(field << 3) | 2, content.length & maxVarint]), content]);

const varintField = (field: number, value: number): Buffer => {
  const bytes = [field << 3];
  let left = value;
  for (; left > maxVarint; left >>>= 7) bytes.push((left & maxVarint) | 0x80);
  return Buffer.from([...bytes, left]);
};

/** The uncompressed body of a request. */
export const decoded = (request: IncomingMessage, body: Buffer): Buffer =>
  request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;

/** Accepts and answers at once. */
export const accepting: Fault = async ({ response, body, accept }) => {
  accept(await body());
  response.writeHead(200, protobuf).end();
};

/** Refuses each request with a status and a reason. */
export const refusing =
  (status: number, reason = '', headers: () => Readonly<Record<string, string>> = () => ({})): Fault =>
  async ({ response, body }) => {
    await body();
    response.writeHead(status, { ...protobuf, ...headers() }).end(delimited(2, Buffer.from(reason)));
  };

/** Refuses requests above a size, as sent, and accepts the others. */
export const limiting =
  (maxBytes: number): Fault =>
  async (exchange) => {
    const body = await exchange.body();
    if (body.length > maxBytes) exchange.response.writeHead(413, protobuf).end();
    else {
      exchange.accept(body);
      exchange.response.writeHead(200, protobuf).end();
    }
  };

const half = (numbers: readonly number[]): number[] => numbers.filter((number) => number % 2 === 0);

/** Accepts the even numbers and rejects the odd ones with a partial success. */
export const halving: Fault = async ({ response, body, accept }) => {
  let rejected = 0;
  accept(await body(), ({ spans, logs, points }) => {
    const kept = { spans: half(spans), logs: half(logs), points };
    rejected = spans.length + logs.length - kept.spans.length - kept.logs.length;
    return kept;
  });
  const partial = Buffer.concat([varintField(1, rejected), delimited(2, Buffer.from('quota is used up'))]);
  response.writeHead(200, protobuf).end(rejected > 0 ? delimited(1, partial) : undefined);
};

/** Never answers; `persists` whether the items count as received. */
export const hanging =
  (persists: boolean): Fault =>
  async ({ body, accept }) => {
    const received = await body();
    if (persists) accept(received);
  };

/** Resets the connection when the first bytes of the body arrive. */
export const resettingInBody: Fault = async ({ request }) => {
  request.once('data', () => request.socket.resetAndDestroy());
};

/** Accepts, and resets the connection in place of the answer. */
export const resettingBeforeAnswer: Fault = async ({ request, body, accept }) => {
  accept(await body());
  request.socket.resetAndDestroy();
};

/** Accepts and answers after a delay. */
export const delaying =
  (delayMs: number): Fault =>
  async ({ response, body, accept }) => {
    const received = await body();
    await setTimeout(delayMs);
    accept(received);
    response.writeHead(200, protobuf).end();
  };

/** Accepts, and answers with this body. */
export const answering =
  (type: string, content: Buffer | string): Fault =>
  async ({ response, body, accept }) => {
    accept(await body());
    response.writeHead(200, { 'content-type': type }).end(content);
  };

/** Accepts, announces an answer and closes the connection in the middle of it. */
export const truncating: Fault = async ({ request, response, body, accept }) => {
  accept(await body());
  response.writeHead(200, { ...protobuf, 'content-length': '100' });
  response.write(Buffer.alloc(10), () => request.socket.destroy());
};

/** Accepts, and sends an answer of one byte each half second that does not end. */
export const dribbling: Fault = async ({ response, body, accept }) => {
  accept(await body());
  response.writeHead(200, protobuf);
  while (!response.destroyed) {
    response.write('x');
    await setTimeout(500);
  }
};

/** Sends each request elsewhere. */
export const redirecting: Fault = async ({ request, response, body }) => {
  await body();
  response.writeHead(307, { location: `/elsewhere${request.url}` }).end();
};

/** Accepts, answers, and closes the connection some time after. */
export const closingAfter =
  (delayMs: number): Fault =>
  async ({ request, response, body, accept }) => {
    accept(await body());
    response.writeHead(200, protobuf).end();
    await setTimeout(delayMs);
    request.socket.end();
  };
