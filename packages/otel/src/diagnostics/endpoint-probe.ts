import http from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import { createOtlpAgent, grpcAddress, nodeProxyEnvironment } from '@sonde/exporters';
import { suppressed } from '@sonde/sdk';
import { hasGrpcProxy, type OtlpEndpoint } from '../config/otlp-environment.ts';

const probeMs = 1000;
/** The statuses of a proxy that cannot reach the receiver. */
const proxyFailures: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Checks whether an endpoint accepts connections, through the proxy that exports use. Resolves to '' or
 * ` (unreachable: CODE)`. Does not keep the process alive.
 */
export async function probeEndpoint(location: OtlpEndpoint['location']): Promise<string> {
  const code = await suppressed(() => (location instanceof URL ? probeUrl(location) : probeTarget(location)));
  return code === '' ? '' : ` (unreachable: ${code})`;
}

function probeUrl(url: URL): Promise<string> {
  if (nodeProxyEnvironment(url.protocol) !== undefined) return probeThroughProxy(url);
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return probeAddress({ host: url.hostname.replace('[', '').replace(']', ''), port });
}

/** A target with several addresses, or behind a proxy, is not probed. */
async function probeTarget({ grpcTarget }: { readonly grpcTarget: string }): Promise<string> {
  const hasProxy =
    hasGrpcProxy() || ['http:', 'https:'].some((each) => nodeProxyEnvironment(each) !== undefined);
  const address = hasProxy ? undefined : grpcAddress(grpcTarget);
  return address === undefined ? '' : probeAddress(address);
}

/** Resolves to the code of the failure, or to ''. */
function probeAddress(address: { host: string; port: number } | { path: string }): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ ...address, timeout: probeMs });
  socket.unref();
  const settle = (code: string): void => {
    resolve(code);
    socket.destroy();
  };
  socket.once('connect', () => settle(''));
  socket.once('timeout', () => settle('ETIMEDOUT'));
  socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
  return promise;
}

/** Sends a request without credentials: only an answer shows that there is a receiver behind the proxy. */
function probeThroughProxy(url: URL): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { request } = url.protocol === 'https:' ? https : http;
  const agent = createOtlpAgent(url.protocol, {}, true);
  // Exports check the certificate; this request holds nothing that needs protection.
  const options = { method: 'HEAD', agent, timeout: probeMs, rejectUnauthorized: false };
  const sent = request(url.origin, options);
  const settle = (code: string): void => {
    resolve(code);
    sent.destroy();
    agent.destroy();
  };
  sent.on('socket', (socket) => socket.unref());
  sent.once('response', ({ statusCode = 0 }) =>
    settle(proxyFailures.has(statusCode) ? `HTTP ${statusCode}` : ''),
  );
  sent.once('timeout', () => settle('ETIMEDOUT'));
  sent.on('error', (error: NodeJS.ErrnoException) => {
    const { code = '', message } = error;
    // A receiver that asks for a client certificate was reached.
    settle(code.startsWith('ERR_SSL') ? '' : code || message);
  });
  sent.end();
  return promise;
}
