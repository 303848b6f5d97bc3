import { EventEmitter } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https';

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
}

const limits: ServerOptions = { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16_384 };
const maxConnections = 256;

/** An HTTP server for one path that never keeps the process alive. */
export class PageServer {
  readonly #address: ServerAddress;
  readonly #server: Server;

  /** Throws what `node:tls` throws when keys or certificates are wrong. */
  constructor(address: ServerAddress, listener: RequestListener) {
    this.#address = address;
    const { tls } = address;
    const answer: RequestListener = (request, response) => {
      if (pathOf(request.url ?? '') === address.path) {
        listener(request, response);
        return;
      }
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`metrics are at ${address.path}\n`);
    };
    this.#server =
      tls === undefined ? createServer(limits, answer) : createTlsServer({ ...limits, ...tls }, answer);
    // Instrumentation of node:http patches the prototype's emit: with one of its own, the server makes no spans of scrapes.
    Object.defineProperty(this.#server, 'emit', { value: Reflect.get(EventEmitter.prototype, 'emit') });
    this.#server.maxConnections = maxConnections;
    this.#server.unref();
    this.#server.on('connection', (socket) => socket.unref());
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

  /** Stops listening and ends idle connections; resolves when the last response is out. */
  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections();
    return promise;
  }

  #url(): string {
    const { host, path, tls } = this.#address;
    const bound = this.#server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : this.#address.port;
    const scheme = tls === undefined ? 'http' : 'https';
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
  }
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}
