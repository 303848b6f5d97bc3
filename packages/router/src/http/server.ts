import { EventEmitter, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RouterCore, handle } from './handle.ts';
import { type Closable, type CloseOptions, createShutdown, type NodeServer } from './graceful-shutdown.ts';
import { validateOptions } from '../options.ts';
import { Problem, problemType } from './problem.ts';
import type { NodeRequest } from './node-message.ts';
import { RouterError, unexpected } from '../router-error.ts';

/** Options of {@link Router.listen}. */
export interface ListenOptions {
  /** The port to listen on. @default 0, a free port */
  readonly port?: number;
  /** The host to listen on: '0.0.0.0' in a container. @default '127.0.0.1', not reachable from the network */
  readonly host?: string;
  /** A server that is not listening yet: https, or http2 with the compatibility API. @default a server of node:http */
  readonly server?: NodeServer;
  /** The path of a readiness probe: 204, and 503 once `close` is called. True means `/readyz`. @default false */
  readonly readyz?: boolean | string;
  /** Time to receive a complete request, in milliseconds; only without `server`. @default 300000, as in Node.js */
  readonly requestTimeoutMs?: number;
  /** Time to receive the header fields, in milliseconds; only without `server`. @default 60000, as in Node.js */
  readonly headersTimeoutMs?: number;
  /** Idle time of a connection between requests, in milliseconds; only without `server`. @default 5000, as in Node.js */
  readonly keepAliveTimeoutMs?: number;
}

/** A listening server. */
export interface Server extends AsyncDisposable {
  /** For example `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /**
   * Makes `readyz` fail, stops accepting connections, answers in-flight requests with `connection: close`, and closes
   * the remaining connections after the grace period. Resolves when every connection is closed. Can be called again.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** Starts listening. Rejects with SONDE_LISTEN when the address is not available. */
export async function listen(
  router: RouterCore,
  options: ListenOptions | number = {},
  ...others: unknown[]
): Promise<Server> {
  if (others.length) throw unexpected('listen', 'one argument', others);
  const validated = validateOptions('listen', typeof options === 'number' ? { port: options } : options, {
    port: 'number',
    host: 'string',
    server: 'Node.js server',
    readyz: 'path',
    requestTimeoutMs: 'number',
    headersTimeoutMs: 'number',
    keepAliveTimeoutMs: 'number',
  });
  const {
    port = 0,
    host = '127.0.0.1',
    readyz,
    requestTimeoutMs: requestTimeout,
    headersTimeoutMs: headersTimeout,
    keepAliveTimeoutMs: keepAliveTimeout,
    // Node.js applies its defaults to undefined options. The interval makes Node.js enforce the timeouts within a second.
    server = createServer({
      requestTimeout,
      headersTimeout,
      keepAliveTimeout,
      connectionsCheckingInterval: 1000,
    }),
  } = validated;
  const open = new Set<Closable>();
  const core = { ...router, server, open };
  const shutdown = createShutdown(server, open);
  let closed: Promise<void> | undefined;
  const close = async (closeOptions?: CloseOptions): Promise<void> => {
    // A signal listener, as in `process.once('SIGTERM', close)`, receives the name of the signal.
    const checked = typeof closeOptions === 'object' ? closeOptions : {};
    validateOptions('close', checked, { gracePeriodMs: 'number', drainDelayMs: 'number' });
    return (closed ??= shutdown(checked));
  };
  // Instrumentation of node:http wraps `Server.prototype.emit`: an `emit` on the instance avoids duplicate spans.
  // oxlint-disable-next-line typescript/unbound-method -- assigned as a method
  Object.assign(server, { emit: EventEmitter.prototype.emit });
  const probe = readyz === true ? '/readyz' : readyz;
  server.on('request', (req: NodeRequest, res: ServerResponse) => {
    if (req.url !== probe) handle(core, req, res);
    else if (closed)
      res.writeHead(503, { 'content-type': problemType }).end(JSON.stringify(new Problem(503)));
    else res.writeHead(204).end();
  });
  try {
    await once(server.listen(port, host), 'listening');
  } catch (cause) {
    throw new RouterError(
      'SONDE_LISTEN',
      `Cannot listen on ${host}:${port}: ${(cause as NodeJS.ErrnoException).code}`,
      { cause },
    );
  }
  const { port: bound } = server.address() as AddressInfo;
  const scheme = 'setSecureContext' in server ? 'https' : 'http';
  // Clients cannot connect to the unspecified address on every platform.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `${scheme}://${name}:${bound}`,
    host,
    port: bound,
    close,
    [Symbol.asyncDispose]: close,
  };
}
