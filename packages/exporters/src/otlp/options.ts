import type { OtlpTls } from './transport/http-transport.ts';
import {
  booleanRule,
  checkOptions,
  functionRule,
  type NoticeListener,
  objectRule,
  oneOf,
  type Rule,
  type Rules,
} from '@sonde/sdk';

/** Options of the OTLP exporters. Each wins over its environment variable: that of the signal, then that of all. */
export interface OtlpOptions {
  /**
   * Where to send to, with the whole path.
   * @default OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT + '/v1/traces', or 'http://localhost:4318/v1/traces'
   */
  url?: string;
  /** How messages are written. @default 'protobuf' */
  encoding?: OtlpEncoding;
  /** Header fields of each request, beside those of OTEL_EXPORTER_OTLP_TRACES_HEADERS and OTEL_EXPORTER_OTLP_HEADERS. */
  headers?: Readonly<Record<string, string>>;
  /**
   * Milliseconds that one export may take, with all of its attempts.
   * @default OTEL_EXPORTER_OTLP_TRACES_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT, or 10000
   */
  timeoutMs?: number;
  /** @default OTEL_EXPORTER_OTLP_TRACES_COMPRESSION, OTEL_EXPORTER_OTLP_COMPRESSION, or 'none' */
  compression?: OtlpCompression;
  /**
   * Certificates for a receiver that the system does not know, or that wants to know who sends.
   * @default the files that OTEL_EXPORTER_OTLP_CERTIFICATE, _CLIENT_CERTIFICATE and _CLIENT_KEY name, of the signal or of all
   */
  tls?: OtlpTls;
  /** Whether an export under way keeps the process from ending, for `timeoutMs` at most. @default true */
  unref?: boolean;
  /** Receives what the operator should know once, such as items that the receiver rejects. @default a warning through `diag` */
  onNotice?: NoticeListener;
}

/** How OTLP messages are written. */
export type OtlpEncoding = 'protobuf' | 'json';

/** How the bodies of requests are made smaller. */
export type OtlpCompression = 'gzip' | 'none';

const textRecord: Rule = {
  allowed: 'an object of strings',
  test: (value) =>
    objectRule.test(value) && Object.values(value as object).every((each) => typeof each === 'string'),
  isSecret: true,
};

const rules: Rules<OtlpOptions> = {
  url: { allowed: 'a URL of http or https', test: (value) => parseUrl(value) !== undefined, isSecret: true },
  encoding: oneOf(['protobuf', 'json']),
  headers: textRecord,
  timeoutMs: {
    allowed: 'a number of milliseconds above 0',
    test: (value) => typeof value === 'number' && value > 0 && value < 2 ** 31,
  },
  compression: oneOf(['gzip', 'none']),
  tls: textRecord,
  unref: booleanRule,
  onNotice: functionRule,
};

/** Throws a `SondeConfigError` that names every fault. */
export function checkOtlpOptions(subject: string, options: OtlpOptions): void {
  checkOptions(subject, options, rules);
}

/** A URL that requests can be sent to; an address without a scheme is one of http. */
export function parseUrl(value: unknown): URL | undefined {
  if (typeof value !== 'string') return undefined;
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined;
}
