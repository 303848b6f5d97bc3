import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Identity } from '../../zero-code/support/tls.ts';
import { freePort } from '../../support/free-port.ts';
import { accepting, decoded, type Exchange, type Fault } from './faults.ts';
import { readRequest } from './request-reader.ts';
import { Tally } from './tally.ts';

/** A real OTLP/HTTP receiver that counts distinct items and fails as a script wants. */
export class HttpReceiver implements AsyncDisposable {
  readonly tally: Tally = new Tally();
  readonly port: number;
  readonly #server: Server | TlsServer;
  #fault: Fault = accepting;

  private constructor(port: number, identity: Identity | undefined) {
    this.port = port;
    const listener: RequestListener = (request, response) => {
      // A sender that disconnects is no fault of the receiver.
      request.on('error', () => {});
      response.on('error', () => {});
      const exchange: Exchange = {
        request,
        response,
        body: async () => {
          const chunks: Buffer[] = [];
          for await (const chunk of request) chunks.push(chunk as Buffer);
          return Buffer.concat(chunks);
        },
        accept: (body, filter = (items) => items) => {
          const signal = request.url?.split('/').at(-1) ?? '';
          this.tally.accept(filter(readRequest(signal, decoded(request, body))));
        },
      };
      this.tally.requests += 1;
      void this.#fault(exchange).catch(() => response.destroy());
    };
    this.#server = identity === undefined ? createServer(listener) : createTlsServer(identity, listener);
  }

  /** Reserves a port; the receiver is down until `up()`. */
  static async create(identity?: Identity): Promise<HttpReceiver> {
    return new HttpReceiver(await freePort(), identity);
  }

  /** Listens, and treats requests with a fault from now on. */
  async up(fault: Fault = accepting): Promise<void> {
    this.#fault = fault;
    if (this.#server.listening) return;
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Closes the port and all connections. */
  async down(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** Presents another certificate to new connections. */
  present(identity: Identity): void {
    (this.#server as TlsServer).setSecureContext(identity);
  }

  /** Closes connections, so that the next request needs a new one. */
  disconnect(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }
}
