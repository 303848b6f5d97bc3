import type { Server as HttpServer } from 'node:http';
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** The servers of Node that the router can run on. */
export type NodeServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

/** How to stop. */
export interface CloseOptions {
  /** How long requests in flight may take to end before their connections are cut. @default 10000 */
  readonly gracePeriodMs?: number;
  /** How long readiness fails before the server stops accepting, so that load balancers notice. @default 0 */
  readonly drainDelayMs?: number;
}

/** A timer of Node that is longer fires at once. */
const wait = (ms: number, then: () => void): NodeJS.Timeout => setTimeout(then, Math.min(ms, 2 ** 31 - 1));

/**
 * Knows the connections of a server that does not listen yet, and gives what ends them in order: it resolves when every
 * connection is gone.
 */
export function createShutdown(
  server: NodeServer & { closeIdleConnections?: () => void },
): (options?: CloseOptions) => Promise<void> {
  const open = new Set<Socket | ServerHttp2Session>();
  const opened = (one: Socket | ServerHttp2Session): void => {
    open.add(one);
    one.once('close', () => open.delete(one));
  };
  server.on('connection', opened).on('session', opened);
  return async ({ gracePeriodMs = 10_000, drainDelayMs = 0 } = {}) => {
    if (drainDelayMs > 0) await new Promise<void>((resolve) => wait(drainDelayMs, resolve));
    const closed = new Promise((resolve) => server.close(resolve));
    for (const one of open) {
      if ('goaway' in one) one.close();
      // Node takes a connection for busy that has never sent a byte.
      else if (!one.bytesRead) one.destroy();
    }
    // An answer that was under way did not say that the connection closes.
    const idle = setInterval(() => server.closeIdleConnections?.(), 50);
    const cut = wait(gracePeriodMs, () => {
      for (const one of open) one.destroy();
    });
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
  };
}
