import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** The servers of Node that the router can run on. */
export type NodeServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

/** How to stop. */
export interface CloseOptions {
  /** How long requests in flight may take to end before their connections are cut. @default 10000 */
  readonly graceMs?: number;
  /** How long readiness fails before the server stops accepting, so that load balancers notice. @default 0 */
  readonly unreadyMs?: number;
}

/** Knows the connections of a server, and ends them in order. */
export interface LifeCycle {
  /** True once nothing more is accepted: answers say `connection: close`. */
  draining?: boolean;
  /** There from the moment `close` is called: the answer to a readiness probe is no. */
  closed?: Promise<void>;
  /** Resolves when every connection is gone. */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/** The life cycle of a server that does not listen yet. */
export function lifeCycleOf(server: NodeServer & { closeIdleConnections?: () => void }): LifeCycle {
  const open = new Set<Socket | ServerHttp2Session>();
  for (const event of ['connection', 'session']) {
    server.on(event, (one: Socket | ServerHttp2Session) => {
      open.add(one);
      one.once('close', () => open.delete(one));
    });
  }
  const end = async ({ graceMs = 10_000, unreadyMs = 0 }: CloseOptions = {}): Promise<void> => {
    if (unreadyMs > 0) await new Promise((resolve) => setTimeout(resolve, unreadyMs));
    lifeCycle.draining = true;
    const closed = once(server, 'close');
    server.close();
    for (const one of open) {
      if ('close' in one) one.close();
      // Node takes a connection for busy that has never sent a byte.
      else if (one.bytesRead === 0) one.destroy();
    }
    // An answer that was under way did not say that the connection closes.
    const idle = setInterval(() => server.closeIdleConnections?.(), 50);
    const cut = setTimeout(() => {
      for (const one of open) one.destroy();
    }, graceMs);
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
  };
  const lifeCycle: LifeCycle = { close: (options) => (lifeCycle.closed ??= end(options)) };
  return lifeCycle;
}
