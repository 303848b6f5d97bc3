import { nodeProxyEnvironment, type OtlpSignal, otlpUrl } from '@sonde/exporters';
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

/**
 * Warns if the environment asks Node.js to use a proxy and this version of Node.js cannot, so that exports go out directly.
 *
 * @see https://nodejs.org/api/http.html#built-in-proxy-support
 */
export function reportUnsupportedProxy({ protocol }: URL): void {
  if (environmentText('NODE_USE_ENV_PROXY') !== '1' || nodeProxyEnvironment(protocol) !== undefined) return;
  const name = `${protocol.slice(0, -1)}_proxy`;
  const variable = [name, name.toUpperCase()].find((each) => environmentText(each) !== undefined);
  if (variable === undefined) return;
  const { version } = process;
  const message = `${variable} is not used: Node.js ${version} has no proxies for http requests; use 22.21, 24.5 or later, or pass an agent`;
  warnOnce('SONDE_PROXY_UNSUPPORTED', variable, message);
}
