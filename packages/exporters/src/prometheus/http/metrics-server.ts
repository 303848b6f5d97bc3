import { EventEmitter } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https';

import { limitConnections } from './connection-limit.ts';
import type { HostCheck } from './host-check.ts';
import { sendText } from './plain-response.ts';
import { formatValue, type NoticeBoard } from '@sonde/sdk';

/** TLS options of `node:tls`. With `ca` and `requestCert`, clients must present a certificate. */
export type TlsOptions = Pick<
  TlsServerOptions,
  'ca' | 'cert' | 'ciphers' | 'crl' | 'key' | 'minVersion' | 'passphrase' | 'pfx' | 'requestCert'
>;

/** The address of a metrics server, and who may request it. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly tls: TlsOptions | undefined;
  /** The check of the Host header; undefined if every host is allowed. */
  readonly hostCheck: HostCheck | undefined;
}

const limits: ServerOptions = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  // A scrape may request more than a thousand metrics by name.
  maxHeaderSize: 65_536,
};
const handshakeTimeout = 5000;
const closeGracePeriodMs = 1000;
/** Closes connections without an active scrape, including clients that do not read an error response. */
const idleTimeoutMs = 10_000;

/** Serves one path over HTTP or HTTPS, without keeping the process alive. */
export class MetricsServer {
  readonly #address: ServerAddress;
  readonly #listener: RequestListener;
  readonly #notices: NoticeBoard;
  readonly #server: Server;

  /** Throws the error of `node:tls` if a key or certificate is invalid. */
  constructor(address: ServerAddress, listener: RequestListener, notices: NoticeBoard) {
    this.#address = address;
    this.#listener = listener;
    this.#notices = notices;
    const { tls } = address;
    const handle: RequestListener = (request, response) => this.#handle(request, response);
    this.#server =
      tls === undefined
        ? createServer(limits, handle)
        : createTlsServer({ ...limits, handshakeTimeout, ...tls }, handle);
    // HTTP instrumentation patches `emit` on the prototype: an own `emit` keeps scrapes from creating spans.
    Object.defineProperty(this.#server, 'emit', { value: Reflect.get(EventEmitter.prototype, 'emit') });
    this.#server.timeout = idleTimeoutMs;
    this.#server.unref();
    this.#server.on('connection', (socket) => socket.unref());
    limitConnections(this.#server);
  }

  /** Resolves with the URL of the endpoint; rejects if the server cannot listen. */
  listen(): Promise<string> {
    const { host, port } = this.#address;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const onListening = (): void => {
      this.#server.off('error', onError);
      this.#server.on('error', () => this.#server.close());
      resolve(this.#url());
    };
    const onError = (error: Error): void => {
      // The exporter tries again with the same server.
      this.#server.off('listening', onListening);
      reject(error);
    };
    this.#server.once('error', onError);
    this.#server.once('listening', onListening);
    this.#server.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port, exclusive: true });
    return promise;
  }

  /** Stops listening and closes idle connections, and after a grace period all others; resolves when all are closed. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), closeGracePeriodMs).unref();
    await promise;
    clearTimeout(timer);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#acceptsHost(request, response)) return;
    if (requestPath(request.url ?? '') !== this.#address.path) {
      sendText(response, 404, `not found; metrics are at ${this.#address.path}`);
      return;
    }
    // Scrapes have their own timeouts.
    request.socket.setTimeout(0);
    response.once('close', () => request.socket.setTimeout(idleTimeoutMs));
    this.#listener(request, response);
  }

  #acceptsHost({ headersDistinct }: IncomingMessage, response: ServerResponse): boolean {
    const hosts = headersDistinct['host'] ?? [];
    const [host] = hosts;
    if (hosts.length > 1) {
      sendText(response, 400, 'multiple Host headers');
      return false;
    }
    if (this.#address.hostCheck?.allows(host) ?? true) return true;
    this.#notices.reportOnce('host', {
      code: 'SONDE_PROMETHEUS_HOST_REFUSED',
      message: `rejected a scrape for host ${formatValue(host)}; if it is a name of this service, add it to allowedHosts`,
    });
    sendText(response, 421, 'host not allowed; add it to the allowedHosts option');
    return false;
  }

  #url(): string {
    const { host, path, tls } = this.#address;
    const bound = this.#server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : this.#address.port;
    const scheme = tls === undefined ? 'http' : 'https';
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
  }
}

function requestPath(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}
