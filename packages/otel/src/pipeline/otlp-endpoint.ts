import { type OtlpSignal, otlpUrl } from '@sonde/exporters';
import { environmentText } from '../config/environment.ts';
import type { OtlpProtocol } from '../options.ts';
import { warnOnce } from '../diagnostics/notice.ts';

/**
 * Where a signal's OTLP exporter sends to.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
 */
export function otlpEndpoint(signal: OtlpSignal, protocol: OtlpProtocol): URL {
  if (protocol !== 'grpc') return otlpUrl(signal);
  const names = [`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`, 'OTEL_EXPORTER_OTLP_ENDPOINT'];
  const variable = names.find((name) => environmentText(name) !== undefined);
  const given = (variable && environmentText(variable)) ?? 'http://localhost:4317';
  // It may come without a scheme.
  const url = URL.parse(given.includes('://') ? given : `http://${given}`);
  if (url !== null) return url;
  // It may hold credentials, and is not shown.
  const message = `${variable} is not a URL, such as http://collector:4317; ${signal} cannot be exported`;
  warnOnce('SONDE_ENVIRONMENT_INVALID', String(variable), message);
  return new URL('http://invalid.invalid');
}
