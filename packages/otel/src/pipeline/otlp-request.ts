import { readFileSync } from 'node:fs';
import { parseKeyPairsIntoRecord } from '@opentelemetry/core';
import type { OtlpRequest } from '../exit/sender.ts';
import { otlpEndpoint, type Signal } from './otlp-endpoint.ts';

/** A variable of one signal, else that of all: `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, `OTEL_EXPORTER_OTLP_HEADERS`. */
function variable(signal: Signal, name: string): string | undefined {
  const own = process.env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`]?.trim();
  return own || process.env[`OTEL_EXPORTER_OTLP_${name}`]?.trim() || undefined;
}

function pem(signal: Signal, name: string): string | undefined {
  const path = variable(signal, name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * A request as upstream's exporter of the signal would send it, from the same variables.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function otlpRequest(signal: Signal, body: Uint8Array, contentType: string): OtlpRequest {
  const headers: Record<string, string> = {
    ...parseKeyPairsIntoRecord(process.env['OTEL_EXPORTER_OTLP_HEADERS']),
    ...parseKeyPairsIntoRecord(process.env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_HEADERS`]),
    'content-type': contentType,
  };
  const [ca, cert, key] = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'].map((name) =>
    pem(signal, name),
  );
  const tls = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return { url: otlpEndpoint(signal, 'http/protobuf').href, headers, body, tls };
}
