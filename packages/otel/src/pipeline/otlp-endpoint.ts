import type { OtlpProtocol } from '../options.ts';

/** A signal as it is named in OTLP paths and, in capitals, in variables. */
export type Signal = 'traces' | 'metrics' | 'logs';

/**
 * Where a signal's OTLP exporter sends to: the signal's own variable as it is, else the common one with the signal's
 * path added, else the default.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
 */
export function otlpEndpoint(signal: Signal, protocol: OtlpProtocol): URL {
  const own = process.env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`]?.trim();
  const common = process.env['OTEL_EXPORTER_OTLP_ENDPOINT']?.trim();
  if (protocol === 'grpc') return parsed(own || common || 'http://localhost:4317');
  if (own) return parsed(own);
  const base = common || 'http://localhost:4318';
  return parsed(`${base}${base.endsWith('/') ? '' : '/'}v1/${signal}`);
}

/** gRPC endpoints may come without a scheme. What is no URL at all fails when it is used, with upstream's message. */
function parsed(text: string): URL {
  return URL.parse(text.includes('://') ? text : `http://${text}`) ?? new URL('http://invalid.invalid');
}
