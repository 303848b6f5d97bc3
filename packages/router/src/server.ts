import { EventEmitter } from 'node:events';
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RouterError } from './router-error.ts';

/** Where and how to listen. */
export interface ListenOptions {
  /** @default 0, a free port */
  readonly port?: number;
  /** @default '127.0.0.1', so that nothing is open to the network by accident; '0.0.0.0' in a container. */
  readonly host?: string;
}

/** A server that listens. */
export interface Server {
  /** `http://127.0.0.1:3000` */
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets requests in flight end, then cuts what is left after the grace. May be called twice. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/** Listens, and resolves once connections are accepted. Rejects with SONDE_LISTEN. */
export async function listen(listener: RequestListener, options: ListenOptions = {}): Promise<Server> {
  const { port = 0, host = '127.0.0.1' } = options;
  const server = createServer(listener);
  // An own `emit` keeps generic HTTP instrumentation, which wraps the prototype's, from tracing a second time.
  server.emit = EventEmitter.prototype.emit;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message = `Cannot listen on ${host}:${port}: ${cause.code ?? cause.message}`;
      reject(new RouterError('SONDE_LISTEN', message, { cause }));
    });
    server.listen(port, host, resolve);
  });
  return handleOf(server, host);
}

function handleOf(server: HttpServer, host: string): Server {
  const { port } = server.address() as AddressInfo;
  const named = host.includes(':') ? `[${host}]` : host;
  let closed: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    const done = new Promise<void>((resolve) => server.close(() => resolve()));
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    await done;
    clearTimeout(cut);
  };
  return {
    url: `http://${named}:${port}`,
    port,
    close: ({ graceMs = 10_000 } = {}) => (closed ??= close(graceMs)),
  };
}
