import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { decoders } from './otlp-decoder.ts';

interface SpanRequest {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly { readonly spans?: readonly { readonly name: string }[] }[];
  }[];
}

/** Length prefix of a gRPC message: a byte for compression, four for the length. */
const prefixBytes = 5;

/** A real HTTP/2 server that accepts every OTLP request over gRPC and counts the requests of each service. */
export class OtlpGrpcSink {
  /** How many requests came, by the name of the service: `TraceService`. */
  readonly requests: Map<string, number> = new Map();
  readonly spanNames: string[] = [];
  readonly #server = createServer();
  readonly #sessions = new Set<{ destroy(): void }>();

  private constructor() {
    this.#server.on('session', (session) => this.#sessions.add(session));
    this.#server.on('stream', (stream, headers) => {
      void this.#answer(stream, String(headers[':path'])).catch(() => stream.destroy());
    });
  }

  /** Listens on any free port of the loopback interface. */
  static async start(): Promise<OtlpGrpcSink> {
    const sink = new OtlpGrpcSink();
    sink.#server.listen(0, '127.0.0.1');
    await once(sink.#server, 'listening');
    return sink;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(stream: ServerHttp2Stream, path: string): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    const [service = path] = path.split('.').at(-1)?.split('/') ?? [];
    this.requests.set(service, (this.requests.get(service) ?? 0) + 1);
    if (service === 'TraceService') this.#read(Buffer.concat(chunks).subarray(prefixBytes));
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
    stream.end(Buffer.alloc(prefixBytes));
  }

  #read(message: Buffer): void {
    const { resourceSpans = [] } = decoders.traces.decode(message) as SpanRequest;
    const spans = resourceSpans
      .flatMap(({ scopeSpans = [] }) => scopeSpans)
      .flatMap((each) => each.spans ?? []);
    this.spanNames.push(...spans.map(({ name }) => name));
  }
}
