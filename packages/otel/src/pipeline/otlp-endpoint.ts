import { type OtlpSignal, otlpUrl } from '@sonde/exporters';
import type { OtlpProtocol } from '../options.ts';

/**
 * Where a signal's OTLP exporter sends to.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
 */
export function otlpEndpoint(signal: OtlpSignal, protocol: OtlpProtocol): URL {
  if (protocol !== 'grpc') return otlpUrl(signal);
  const own = process.env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`]?.trim();
  const given = own || process.env['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim() || 'http://localhost:4317';
  // It may come without a scheme. What is no URL at all fails when it is used, with upstream's message.
  return URL.parse(given.includes('://') ? given : `http://${given}`) ?? new URL('http://invalid.invalid');
}
