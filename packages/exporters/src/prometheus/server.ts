import { createServer, type RequestListener, type Server } from 'node:http';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** An HTTP server for one path that never keeps the process alive and never throws. */
export class MetricsServer {
  readonly #address: ServerAddress;
  readonly #server: Server;

  constructor(address: ServerAddress, listener: RequestListener) {
    this.#address = address;
    this.#server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000 }, (request, response) => {
      if (pathOf(request.url ?? '') === address.path) {
        listener(request, response);
        return;
      }
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`metrics are at ${address.path}\n`);
    });
    this.#server.unref();
    this.#server.on('connection', (socket) => socket.unref());
  }

  /** Resolves with the page's address; rejects when the port cannot be had. */
  listen(): Promise<string> {
    const { host, port } = this.#address;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#server.once('error', reject);
    this.#server.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port }, () => {
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
    const { host, path } = this.#address;
    const bound = this.#server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : this.#address.port;
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
  }
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}
