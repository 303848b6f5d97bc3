import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { type Decoder, decoders, fromOtlpJson } from './otlp-decoder.ts';

/** The part of OTLP that the three signals have in common: items by scope, scopes by resource. */
interface Item {
  readonly name?: string;
  readonly body?: { readonly stringValue?: string };
  readonly traceId?: Uint8Array;
  readonly spanId?: Uint8Array;
  readonly attributes?: KeyValue[];
}
type Scoped = { readonly scope?: { readonly name?: string } } & Readonly<Record<string, readonly Item[]>>;
type Group = { readonly resource?: { readonly attributes?: KeyValue[] } } & Readonly<
  Record<string, readonly Scoped[]>
>;

type Request = Readonly<Record<string, readonly Group[]>>;

/** A span, log record or metric as it arrived: ids in hex, attributes as a plain object. */
export interface Received {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: string;
  /** The decoded message itself. */
  readonly raw: Readonly<Record<string, unknown>>;
}

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}

const hex = (bytes: unknown): string =>
  bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : '';

const plain = (attributes: KeyValue[] | undefined): Record<string, unknown> =>
  Object.fromEntries(
    (attributes ?? []).map(({ key, value }) => {
      const [given] = Object.values(value);
      return [
        key,
        typeof given === 'object' && given !== null && 'toNumber' in given ? Number(given) : given,
      ];
    }),
  );

function flatten(groups: readonly Group[] = [], scopesKey: string, itemsKey: string): Received[] {
  return groups.flatMap((group) =>
    (group[scopesKey] ?? []).flatMap((scoped) =>
      (scoped[itemsKey] ?? []).map((item) => ({
        name: item.name || item.body?.stringValue || '',
        traceId: hex(item.traceId),
        spanId: hex(item.spanId),
        attributes: plain(item.attributes),
        resource: plain(group.resource?.attributes),
        scope: scoped.scope?.name ?? '',
        raw: { ...item },
      })),
    ),
  );
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

/** A real HTTP server that receives OTLP over protobuf or JSON and decodes it with upstream's generated decoder. */
export class OtlpSink {
  readonly spans: Received[] = [];
  readonly logs: Received[] = [];
  readonly metrics: Received[] = [];
  /** Every received request, including undecodable ones. */
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  readonly #answerAfterMs: number;
  readonly #arrived = new EventEmitter();
  #underWay = 0;
  readonly #server = createServer((request, response) => {
    this.#underWay += 1;
    void this.#answer(request, response).finally(() => {
      this.#underWay -= 1;
      this.#arrived.emit('batch');
    });
  });

  constructor(answerAfterMs: number) {
    this.#answerAfterMs = answerAfterMs;
  }

  /**
   * Listens on a port of the loopback interface; 0 is any free one.
   *
   * @param options.answerAfterMs how long each request waits until it is received and answered. @default 0
   */
  static async start(port = 0, options: { readonly answerAfterMs?: number } = {}): Promise<OtlpSink> {
    const sink = new OtlpSink(options.answerAfterMs ?? 0);
    sink.#server.listen(port, '127.0.0.1');
    await once(sink.#server, 'listening');
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /**
   * Waits until `find` returns a value and returns it. The time limit of the test applies; its signal ends the wait,
   * so that the test can clean up.
   */
  async until<T>(find: (sink: this) => T | undefined, signal?: AbortSignal): Promise<T> {
    for (;;) {
      const found = find(this);
      if (found !== undefined) return found;
      await once(this.#arrived, 'batch', signal && { signal });
    }
  }

  /** Waits until all requests of ended programs are received. */
  async settled(): Promise<void> {
    // Connections are accepted in order, so this request follows all earlier ones.
    await fetch(this.url, { headers: { connection: 'close' } });
    while (this.#underWay > 0) await once(this.#arrived, 'batch');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await setTimeout(this.#answerAfterMs);
      const body = await readBody(request);
      const type = request.headers['content-type'] ?? '';
      if (request.method === 'POST')
        this.requests.push({ path: request.url ?? '', headers: request.headers });
      this.#receive(request.url ?? '', type, body);
      response.writeHead(200, { 'content-type': type });
      response.end(type === 'application/json' ? '{}' : '');
    } catch {
      // The sender disconnected during a request, or the request is not OTLP.
      response.destroy();
    }
  }

  #receive(path: string, type: string, body: Buffer): void {
    const read = (decoder: Decoder): Request => {
      if (type === 'application/json') return decoder.fromObject(fromOtlpJson(body)) as Request;
      return (type === 'application/x-protobuf' ? decoder.decode(body) : {}) as Request;
    };
    if (path === '/v1/traces') {
      const { resourceSpans } = read(decoders.traces);
      this.spans.push(...flatten(resourceSpans, 'scopeSpans', 'spans'));
    } else if (path === '/v1/logs') {
      const { resourceLogs } = read(decoders.logs);
      this.logs.push(...flatten(resourceLogs, 'scopeLogs', 'logRecords'));
    } else if (path === '/v1/metrics') {
      const { resourceMetrics } = read(decoders.metrics);
      this.metrics.push(...flatten(resourceMetrics, 'scopeMetrics', 'metrics'));
    }
  }
}
