import type { Agent } from 'node:http';
import { parseGrpcEndpoint } from './transport/grpc-endpoint.ts';
import type { RequestQueue } from './queue/request-queue.ts';
import type { OtlpTls } from './transport/otlp-request.ts';
import {
  booleanRule,
  checkOptions,
  functionRule,
  type NoticeListener,
  objectRule,
  choiceRule,
  type Rule,
  type Rules,
} from '@sonde/sdk';

/** Options of the OTLP exporters. Each takes precedence over the environment variable of the signal, which precedes that of all signals. */
export interface OtlpOptions {
  /**
   * The full URL of the endpoint, including the path.
   * @default OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT + '/v1/traces', or 'http://localhost:4318/v1/traces'
   */
  url?: string;
  /**
   * The protocol. gRPC needs `@grpc/grpc-js`, and its `url` may be a target such as 'dns:///collector:4317' or
   * 'unix:///run/collector.sock'; a host without a scheme has TLS unless OTEL_EXPORTER_OTLP_INSECURE is true.
   * @default 'http'
   */
  protocol?: OtlpProtocol;
  /** The encoding of requests over HTTP. @default 'protobuf' */
  encoding?: OtlpEncoding;
  /** Headers of each request, in addition to OTEL_EXPORTER_OTLP_TRACES_HEADERS and OTEL_EXPORTER_OTLP_HEADERS. */
  headers?: Readonly<Record<string, string>>;
  /**
   * Timeout of one attempt to deliver a request, in milliseconds; 0 means no limit. The request stays in the queue.
   * @default OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT, or 10000
   */
  timeoutMs?: number;
  /** The compression of requests. @default OTEL_EXPORTER_OTLP_TRACES_COMPRESSION, OTEL_EXPORTER_OTLP_COMPRESSION, or 'none' */
  compression?: OtlpCompression;
  /**
   * Certificates for a receiver with a private certificate authority, or that requires client certificates.
   * @default the files that OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY name, of the signal or of all
   */
  tls?: OtlpTls;
  /**
   * The agent that makes the connections, an `http.Agent` or `https.Agent` to match the URL; for example one for a proxy. The
   * application destroys it. An agent of a class of its own cannot send in the 'exit' event.
   * @default an agent that uses the proxies that Node.js uses for the application: with `NODE_USE_ENV_PROXY=1`
   */
  agent?: Agent;
  /**
   * The largest request, in bytes before compression. A larger batch is split; so is one that the receiver finds too large.
   * A single item above the limit has a request of its own.
   * @default 1048576, 1 MiB
   */
  maxRequestBytes?: number;
  /**
   * The queue in which batches wait for delivery. Exporters that share it share its bounds.
   * @default one queue of 64 MiB for all exporters of the process
   */
  queue?: RequestQueue;
  /** Lets the process exit during an export. Otherwise an export keeps it alive for up to `timeoutMs`. @default false */
  unref?: boolean;
  /** Receives notices for the operator, such as items rejected by the receiver. @default a warning through `diag` */
  onNotice?: NoticeListener;
}

/** The protocol of an OTLP exporter. */
export type OtlpProtocol = 'http' | 'grpc';

/** The encoding of OTLP requests. */
export type OtlpEncoding = 'protobuf' | 'json';

/** The compression of OTLP requests. */
export type OtlpCompression = 'gzip' | 'none';

const textRecord: Rule = {
  allowed: 'an object of strings',
  test: (value) =>
    objectRule.test(value) && Object.values(value as object).every((each) => typeof each === 'string'),
  isSecret: true,
};

const rules: Rules<OtlpOptions> = {
  url: { allowed: 'an http or https URL', test: (value) => parseUrl(value) !== undefined, isSecret: true },
  protocol: choiceRule(['http', 'grpc']),
  encoding: choiceRule(['protobuf', 'json']),
  headers: textRecord,
  timeoutMs: {
    allowed: 'a number of milliseconds, or 0 for no limit',
    test: (value) => typeof value === 'number' && value >= 0 && value < 2 ** 31,
  },
  compression: choiceRule(['gzip', 'none']),
  tls: textRecord,
  agent: {
    allowed: 'an http.Agent or https.Agent',
    test: (value) => typeof (value as Partial<Agent> | null)?.destroy === 'function',
  },
  maxRequestBytes: {
    allowed: 'an integer of at least 1024',
    test: (value) => Number.isSafeInteger(value) && Number(value) >= 1024,
  },
  queue: {
    allowed: 'a DeliveryQueue or a WorkerQueue',
    test: (value) => typeof (value as Partial<RequestQueue> | null)?.createLane === 'function',
  },
  unref: booleanRule,
  onNotice: functionRule,
};

const grpcRules: Rules<OtlpOptions> = {
  ...rules,
  url: {
    allowed: 'an http or https URL, or a target of gRPC such as dns:///collector:4317',
    test: (value) => typeof value === 'string' && parseGrpcEndpoint(value) !== undefined,
    isSecret: true,
  },
};

/** @throws {SondeConfigError} that lists all invalid options */
export function checkOtlpOptions(subject: string, options: OtlpOptions): void {
  checkOptions(subject, options, options.protocol === 'grpc' ? grpcRules : rules);
}

/** Parses an http or https URL; the default scheme is http. */
export function parseUrl(value: unknown): URL | undefined {
  if (typeof value !== 'string') return undefined;
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined;
}
