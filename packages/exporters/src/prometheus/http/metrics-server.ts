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

/** What a server can be told about TLS; the names and meanings are those of `node:tls`. With `ca` and `requestCert` clients must show a certificate. */
export type TlsOptions = Pick<
  TlsServerOptions,
  'ca' | 'cert' | 'ciphers' | 'crl' | 'key' | 'minVersion' | 'passphrase' | 'pfx' | 'requestCert'
>;

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly tls: TlsOptions | undefined;
  /** Which Host headers are answered; undefined when every one is. */
  readonly hostCheck: HostCheck | undefined;
}

const limits: ServerOptions = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  // A scrape may ask for more than a thousand metrics by name.
  maxHeaderSize: 65_536,
};
const handshakeTimeout = 5000;
const closeGraceMs = 1000;
/** For connections on which no scrape is answered: who does not read other answers is cut too. */
const idleTimeoutMs = 10_000;

/** An HTTP server for one path that never keeps the process alive. */
export class MetricsServer {
  readonly #address: ServerAddress;
  readonly #listener: RequestListener;
  readonly #notices: NoticeBoard;
  readonly #server: Server;

  /** Throws what `node:tls` throws when keys or certificates are wrong. */
  constructor(address: ServerAddress, listener: RequestListener, notices: NoticeBoard) {
    this.#address = address;
    this.#listener = listener;
    this.#notices = notices;
    const { tls } = address;
    const answer: RequestListener = (request, response) => this.#answer(request, response);
    this.#server =
      tls === undefined
        ? createServer(limits, answer)
        : createTlsServer({ ...limits, handshakeTimeout, ...tls }, answer);
    // Instrumentation of node:http patches the prototype's emit: with one of its own, the server makes no spans of scrapes.
    Object.defineProperty(this.#server, 'emit', { value: Reflect.get(EventEmitter.prototype, 'emit') });
    this.#server.timeout = idleTimeoutMs;
    this.#server.unref();
    this.#server.on('connection', (socket) => socket.unref());
    limitConnections(this.#server);
  }

  /** Resolves with the page's URL; rejects when the address cannot be had. */
  listen(): Promise<string> {
    const { host, port } = this.#address;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#server.once('error', reject);
    this.#server.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port, exclusive: true }, () => {
      this.#server.off('error', reject);
      this.#server.on('error', () => this.#server.close());
      resolve(this.#url());
    });
    return promise;
  }

  /** Stops listening and ends idle connections, after a moment all others; resolves when the last one is gone. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), closeGraceMs).unref();
    await promise;
    clearTimeout(timer);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#isForUs(request, response)) return;
    if (requestPath(request.url ?? '') !== this.#address.path) {
      sendText(response, 404, `metrics are at ${this.#address.path}`);
      return;
    }
    // The scrape has time limits of its own.
    request.socket.setTimeout(0);
    response.once('close', () => request.socket.setTimeout(idleTimeoutMs));
    this.#listener(request, response);
  }

  #isForUs({ headersDistinct }: IncomingMessage, response: ServerResponse): boolean {
    const hosts = headersDistinct['host'] ?? [];
    const [host] = hosts;
    if (hosts.length > 1) {
      sendText(response, 400, 'the request has more than one Host');
      return false;
    }
    if (this.#address.hostCheck?.allows(host) ?? true) return true;
    this.#notices.reportOnce('host', {
      code: 'SONDE_PROMETHEUS_HOST_REFUSED',
      message: `a request for metrics was refused: its Host ${formatValue(host)} is not allowed. If it is a name of this service, add it to allowedHosts`,
    });
    sendText(response, 421, 'this Host is not allowed: name it in the option allowedHosts');
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
