// Loaded by the first `listen`. Imports no other code of the main entry, so that a bundler keeps that in one file.
import { EventEmitter, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { handle, RouterCore } from './handle.ts';
import { type Closable, type CloseOptions, createShutdown, type NodeServer } from './graceful-shutdown.ts';
import type { validateOptions } from '../options.ts';
import type { NodeRequest } from './node-message.ts';
import type { RouterError } from '../router-error.ts';

/** Options of {@link Router.listen}. */
export interface ListenOptions {
  /** The port to listen on. @default 0, a free port */
  readonly port?: number;
  /** The host to listen on: '0.0.0.0' in a container. @default '127.0.0.1', not reachable from the network */
  readonly host?: string;
  /** The path of a Unix socket to listen on, instead of a port. */
  readonly path?: string;
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
  /** For example `http://127.0.0.1:3000`, or `unix:/run/app.sock`. */
  readonly url: string;
  readonly host: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /**
   * Makes `readyz` fail, stops accepting connections, answers in-flight requests with `connection: close`, and closes
   * the remaining connections after the grace period. Resolves when every connection is closed. Can be called again.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** The problem of a readiness probe that fails. */
const unavailable = JSON.stringify({ title: 'Service Unavailable', status: 503 });

/** The code of the main entry that a server uses. */
export interface ServerParts {
  readonly handle: typeof handle;
  readonly validateOptions: typeof validateOptions;
  readonly RouterError: typeof RouterError;
}

/** Starts listening. Rejects with SONDE_LISTEN when the address is not available. */
export async function listen(
  router: RouterCore,
  parts: ServerParts,
  options: ListenOptions | number = {},
): Promise<Server> {
  const validated = parts.validateOptions(
    'listen',
    typeof options === 'number' ? { port: options } : options,
    {
      port: 'number',
      host: 'string',
      path: 'string',
      server: 'Node.js server',
      readyz: 'path',
      requestTimeoutMs: 'number',
      headersTimeoutMs: 'number',
      keepAliveTimeoutMs: 'number',
    },
  );
  const {
    port = 0,
    host = '127.0.0.1',
    path,
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
  const core: RouterCore = { ...router, server, open };
  const shutdown = createShutdown(server, open, () => (core.isCut = true));
  let closed: Promise<void> | undefined;
  const close = async (closeOptions?: CloseOptions): Promise<void> => {
    // A signal listener, as in `process.once('SIGTERM', close)`, receives the name of the signal.
    const checked = typeof closeOptions === 'object' ? closeOptions : {};
    parts.validateOptions('close', checked, { gracePeriodMs: 'number', drainDelayMs: 'number' });
    return (closed ??= shutdown(checked));
  };
  // Instrumentation of node:http wraps `Server.prototype.emit`: an `emit` on the instance avoids duplicate spans.
  // oxlint-disable-next-line typescript/unbound-method -- assigned as a method
  Object.assign(server, { emit: EventEmitter.prototype.emit });
  const probe = readyz === true ? '/readyz' : readyz;
  const onRequest = (connection: RouterCore) => (req: NodeRequest, res: ServerResponse) => {
    if (req.url !== probe) parts.handle(connection, req, res);
    else if (closed) res.writeHead(503, { 'content-type': 'application/problem+json' }).end(unavailable);
    else res.writeHead(204).end();
  };
  server.on('request', onRequest(core));
  // Without this listener, Node.js invites the client to send a body that the response may refuse.
  server.on('checkContinue', (req: NodeRequest, res: ServerResponse) =>
    onRequest(Object.assign(Object.create(core) as RouterCore, { expectsContinue: true }))(req, res),
  );
  try {
    await once(path === undefined ? server.listen(port, host) : server.listen(path), 'listening');
  } catch (cause) {
    throw new parts.RouterError(
      'SONDE_LISTEN',
      `Cannot listen on ${path ?? `${host}:${port}`}: ${(cause as NodeJS.ErrnoException).code}`,
      { cause },
    );
  }
  const { port: bound = 0 } = Object(server.address()) as Partial<AddressInfo>;
  const scheme = 'setSecureContext' in server ? 'https' : 'http';
  // Clients cannot connect to the unspecified address on every platform.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return {
    url: path === undefined ? `${scheme}://${name}:${bound}` : `unix:${path}`,
    host,
    port: bound,
    close,
    [Symbol.asyncDispose]: close,
  };
}
