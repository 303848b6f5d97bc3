import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { NoticeBoard } from '@sonde/sdk';
import type { OtlpOptions } from '../options.ts';
import type { Transport } from '../queue/transport.ts';
import { GrpcTransport } from './grpc-transport.ts';
import { HttpTransport } from './http-transport.ts';
import type { TransportData } from './transport-data.ts';
import type { OtlpSignal } from '../signal.ts';
import { resolveGrpcSettings, resolveOtlpSettings } from './settings.ts';

/** A transport, and the maximum time of one attempt in milliseconds, `Infinity` for no limit. */
export interface ConfiguredTransport {
  readonly transport: Transport;
  readonly timeoutMs: number;
}

/** Creates the transport that the options and the environment select. Invalid variables are reported and ignored. */
export function createTransport(
  signal: OtlpSignal,
  options: OtlpOptions,
  notices: NoticeBoard,
): ConfiguredTransport {
  const { encoding = 'protobuf', unref = false, agent, protocol = 'http' } = options;
  if (protocol === 'grpc') {
    const settings = resolveGrpcSettings(signal, options, notices);
    return { transport: new GrpcTransport({ signal, settings, unref }), timeoutMs: settings.timeoutMs };
  }
  const settings = resolveOtlpSettings(signal, options, notices);
  return {
    transport: new HttpTransport({ settings, encoding, unref, agent }),
    timeoutMs: settings.timeoutMs,
  };
}

/** Creates a transport from data, in a worker thread that does not keep the process alive. */
export function createTransportFromData(data: TransportData): Transport {
  if (data.type === 'grpc') {
    const { signal, settings, route } = data;
    return new GrpcTransport({ signal, settings, route, unref: false });
  }
  const { url, settings, encoding, agentOptions } = data;
  const agent = url.startsWith('https:')
    ? new HttpsAgent({ ...agentOptions, ...settings.tls })
    : new HttpAgent(agentOptions);
  return new HttpTransport({ settings: { ...settings, url: new URL(url) }, encoding, unref: false, agent });
}
