import { EventEmitter, once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RouterCore, handle } from './handle.ts';
import { type CloseOptions, createShutdown, type NodeServer } from './graceful-shutdown.ts';
import { validateOptions } from '../options.ts';
import { Problem, problemType } from './problem.ts';
import type { NodeRequest } from './request-context.ts';
import { RouterError, unexpected } from '../router-error.ts';

/** Where and how to listen. */
export interface ListenOptions {
  /** @default 0, a free port */
  readonly port?: number;
  /** @default '127.0.0.1', so that nothing is open to the network by accident; '0.0.0.0' in a container */
  readonly host?: string;
  /** A server of your own that does not listen yet: https, or http2 in compatibility mode. @default node:http's */
  readonly server?: NodeServer;
  /** Answers readiness probes: 204, and 503 from the moment `close` is called. True is `/readyz`. @default false */
  readonly readyz?: boolean | string;
  /** How long a request may take to arrive whole; for the router's own server. @default 300000, Node's */
  readonly requestTimeoutMs?: number;
  /** How long a request's head may take to arrive; for the router's own server. @default 60000, Node's */
  readonly headersTimeoutMs?: number;
  /** How long a connection may idle between requests; for the router's own server. @default 5000, Node's */
  readonly keepAliveTimeoutMs?: number;
}

/** A server that listens. */
export interface Server extends AsyncDisposable {
  /** `http://127.0.0.1:3000` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /**
   * Lets `readyz` fail, stops accepting, answers what is in flight with `connection: close`, and cuts what is left
   * after the grace. Resolves when every connection is gone. May be called twice.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** Listens, and resolves once connections are accepted. Rejects with SONDE_LISTEN. */
export async function listen(
  router: RouterCore,
  options: ListenOptions | number = {},
  ...others: unknown[]
): Promise<Server> {
  if (others.length) throw unexpected('listen', 'one argument', others);
  const known = validateOptions('listen', typeof options === 'number' ? { port: options } : options, {
    port: 'number',
    host: 'string',
    server: 'server of Node',
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
    // What is undefined has Node's default, but for how often it looks for what is late.
    server = createServer({
      requestTimeout,
      headersTimeout,
      keepAliveTimeout,
      connectionsCheckingInterval: 1000,
    }),
  } = known;
  const core = { ...router, server };
  const end = createShutdown(server);
  let closed: Promise<void> | undefined;
  const close = async (how?: CloseOptions): Promise<void> => {
    // As the listener of a signal it is called with the signal's name.
    const given = typeof how === 'object' ? how : {};
    validateOptions('close', given, { gracePeriodMs: 'number', drainDelayMs: 'number' });
    return (closed ??= end(given));
  };
  // An own `emit` keeps generic HTTP instrumentation, which wraps the prototype's, from tracing everything twice.
  Reflect.set(server, 'emit', Reflect.get(EventEmitter.prototype, 'emit'));
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
  // The address that means "any" is no address to go to.
  const name = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `${scheme}://${name}:${bound}`,
    host,
    port: bound,
    close,
    [Symbol.asyncDispose]: close,
  };
}
