import { once } from 'node:events';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { gunzipSync } from 'node:zlib';
import { freePort } from '../../support/free-port.ts';
import { readRequest } from './request-reader.ts';
import { Tally } from './tally.ts';

/** Length prefix of a gRPC message: a byte for compression, four for the length. */
const prefixBytes = 5;

/** The status of an answer. */
interface GrpcStatus {
  readonly code: number;
  readonly message?: string;
}

/** How a receiver treats a message of a size. */
export type GrpcFault = (messageBytes: number) => GrpcStatus | undefined;

/** Refuses each message. */
export const refusingGrpc =
  (code: number, message: string): GrpcFault =>
  () => ({ code, message });

/** Refuses messages above a size with RESOURCE_EXHAUSTED, like the Collector. */
export const limitingGrpc =
  (maxBytes: number): GrpcFault =>
  (messageBytes) =>
    messageBytes > maxBytes
      ? { code: 8, message: `grpc: received message larger than max (${messageBytes} vs. ${maxBytes})` }
      : undefined;

/** A real OTLP/gRPC receiver over HTTP/2 that counts distinct items and fails as a script wants. */
export class GrpcReceiver implements AsyncDisposable {
  readonly tally: Tally = new Tally();
  readonly port: number;
  readonly #server = createServer();
  readonly #sessions = new Set<ServerHttp2Session>();
  #fault: GrpcFault = () => undefined;

  private constructor(port: number) {
    this.port = port;
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
    });
    this.#server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      void this.#answer(stream, String(headers[':path'])).catch(() => stream.destroy());
    });
  }

  /** Reserves a port; the receiver is down until `up()`. */
  static async create(): Promise<GrpcReceiver> {
    return new GrpcReceiver(await freePort());
  }

  async up(fault: GrpcFault = () => undefined): Promise<void> {
    this.#fault = fault;
    if (this.#server.listening) return;
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Closes the port and all connections. */
  async down(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    for (const session of this.#sessions) session.destroy();
    await once(this.#server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  async #answer(stream: ServerHttp2Stream, path: string): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    this.tally.requests += 1;
    const sent = Buffer.concat(chunks);
    const message = sent[0] === 1 ? gunzipSync(sent.subarray(prefixBytes)) : sent.subarray(prefixBytes);
    const status = this.#fault(message.length) ?? { code: 0 };
    if (status.code === 0) {
      const [, signal = ''] = /\.(\w+)Service\//.exec(path) ?? [];
      const names: Readonly<Record<string, string>> = { Trace: 'traces', Logs: 'logs', Metrics: 'metrics' };
      this.tally.accept(readRequest(names[signal] ?? '', message));
    }
    const trailers = { 'grpc-status': String(status.code), 'grpc-message': encodeURI(status.message ?? '') };
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
    stream.end(status.code === 0 ? Buffer.alloc(prefixBytes) : undefined);
  }
}
