import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { countItems } from './otlp-count.ts';

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

/** OTLP/protobuf receiver for long runs that counts items and stores nothing. */
export class CountingSink implements AsyncDisposable {
  /** Spans, log records or metrics by path, such as `/v1/traces`; a sender's endpoint may begin with its own path. */
  readonly counts: Record<string, number> = {};
  readonly #server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const path = request.url ?? '';
      this.counts[path] = (this.counts[path] ?? 0) + countItems(body);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });

  /** Listens on a free port of the loopback interface. */
  static async start(): Promise<CountingSink> {
    const sink = new CountingSink();
    sink.#server.listen(0, '127.0.0.1');
    await once(sink.#server, 'listening');
    return sink;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
