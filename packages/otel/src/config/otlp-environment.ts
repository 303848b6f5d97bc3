import { nodeProxyEnvironment, otlpGrpcEndpoint, type OtlpSignal, otlpUrl } from '@sonde/exporters';
import { warnOnce } from '../diagnostics/notice.ts';
import type { OtlpProtocol } from '../options.ts';
import { environmentText } from './environment.ts';

/** Where a signal's OTLP exporter sends to. */
export interface OtlpEndpoint {
  /** The endpoint in messages, without credentials and path: `http://collector:4318`. */
  readonly origin: string;
  /** Its URL over HTTP, or its target over gRPC. */
  readonly location: URL | { readonly grpcTarget: string };
}

/**
 * The endpoint of a signal, from `OTEL_EXPORTER_OTLP_*`. Invalid variables are ignored here: the exporter reports them.
 *
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
 */
export function otlpEndpoint(signal: OtlpSignal, protocol: OtlpProtocol): OtlpEndpoint {
  if (protocol === 'grpc') {
    const { origin, target } = otlpGrpcEndpoint(signal);
    return { origin, location: { grpcTarget: target } };
  }
  const url = otlpUrl(signal);
  return { origin: url.origin, location: url };
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

/** Whether gRPC connects through a proxy: it has variables of its own, in lower case alone. */
export function hasGrpcProxy(): boolean {
  return ['grpc_proxy', 'https_proxy', 'http_proxy'].some((name) => environmentText(name) !== undefined);
}
