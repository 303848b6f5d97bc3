import { type OtlpSignal, otlpUrl } from '@sonde/exporters';
import { warnOnce } from '../diagnostics/notice.ts';
import type { OtlpProtocol } from '../options.ts';
import { environmentText } from './environment.ts';

/** The specification's default timeout of an OTLP export. */
const defaultTimeoutMs = 10_000;

/**
 * The URL that a signal's OTLP exporter sends to, from `OTEL_EXPORTER_OTLP_*`.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
 */
export function otlpEndpoint(signal: OtlpSignal, protocol: OtlpProtocol): URL {
  if (protocol !== 'grpc') return otlpUrl(signal);
  const variables = [`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  const variable = variables.find((name) => environmentText(name) !== undefined);
  const endpoint = (variable && environmentText(variable)) ?? 'http://localhost:4317';
  // The scheme is optional for gRPC.
  const url = URL.parse(endpoint.includes('://') ? endpoint : `http://${endpoint}`);
  if (url !== null) return url;
  // The value is not shown, because it may contain credentials.
  const message = `invalid ${variable}: expected a URL such as http://collector:4317; ${signal} are not exported`;
  warnOnce('SONDE_ENVIRONMENT_INVALID', String(variable), message);
  return new URL('http://invalid.invalid');
}

/**
 * The timeout of one OTLP export of metrics; `Infinity` for 0, which means no limit. Invalid variables are ignored here: the
 * exporter reports them.
 */
export function otlpMetricTimeoutMs(): number {
  for (const name of ['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT']) {
    const timeoutMs = Number(environmentText(name));
    if (timeoutMs >= 0 && timeoutMs < 2 ** 31) return timeoutMs === 0 ? Infinity : timeoutMs;
  }
  return defaultTimeoutMs;
}
