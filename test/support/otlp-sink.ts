import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import root from 'otlp-decoder/build/src/generated/root.js';

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

interface Decoder {
  decode(bytes: Uint8Array): Readonly<Record<string, readonly Group[]>>;
}

const { trace, metrics, logs } = (
  root as unknown as {
    opentelemetry: {
      proto: {
        collector: {
          trace: { v1: { ExportTraceServiceRequest: Decoder } };
          metrics: { v1: { ExportMetricsServiceRequest: Decoder } };
          logs: { v1: { ExportLogsServiceRequest: Decoder } };
        };
      };
    };
  }
).opentelemetry.proto.collector;

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

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

/** A real HTTP server that receives OTLP over protobuf and decodes it with upstream's generated decoder. */
export class OtlpSink {
  readonly spans: Received[] = [];
  readonly logs: Received[] = [];
  readonly metrics: Received[] = [];
  /** Every request as it came, those included that are not protobuf and so are not decoded. */
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  readonly #arrived = new EventEmitter();
  readonly #server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      this.requests.push({ path: request.url ?? '', headers: request.headers });
      if (request.headers['content-type'] === 'application/x-protobuf')
        this.#receive(request.url ?? '', body);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      this.#arrived.emit('batch');
    });
  });

  /** Listens on a port of the loopback interface; 0 is any free one. */
  static async start(port = 0): Promise<OtlpSink> {
    const sink = new OtlpSink();
    sink.#server.listen(port, '127.0.0.1');
    await once(sink.#server, 'listening');
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits until `find` finds something, and gives that. The test's own time limit bounds it. */
  async until<T>(find: (sink: this) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this);
      if (found !== undefined) return found;
      await once(this.#arrived, 'batch');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #receive(path: string, body: Buffer): void {
    if (path === '/v1/traces') {
      const { resourceSpans } = trace.v1.ExportTraceServiceRequest.decode(body);
      this.spans.push(...flatten(resourceSpans, 'scopeSpans', 'spans'));
    } else if (path === '/v1/logs') {
      const { resourceLogs } = logs.v1.ExportLogsServiceRequest.decode(body);
      this.logs.push(...flatten(resourceLogs, 'scopeLogs', 'logRecords'));
    } else if (path === '/v1/metrics') {
      const { resourceMetrics } = metrics.v1.ExportMetricsServiceRequest.decode(body);
      this.metrics.push(...flatten(resourceMetrics, 'scopeMetrics', 'metrics'));
    }
  }
}
