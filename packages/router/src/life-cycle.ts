import { type EventEmitter, once } from 'node:events';
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
export class LifeCycle {
  readonly #server: NodeServer;
  readonly #sockets: ReadonlySet<Socket>;
  readonly #sessions: ReadonlySet<ServerHttp2Session>;
  /** True once nothing more is accepted: answers say `connection: close`. */
  draining = false;
  #closed: Promise<void> | undefined;

  constructor(server: NodeServer) {
    this.#server = server;
    this.#sockets = openOnes<Socket>(server, 'connection');
    this.#sessions = openOnes<ServerHttp2Session>(server, 'session');
  }

  /** True from the moment `close` is called: the answer to a readiness probe is no. */
  get closing(): boolean {
    return this.#closed !== undefined;
  }

  /** Resolves when every connection is gone. */
  close({ graceMs = 10_000, unreadyMs = 0 }: CloseOptions = {}): Promise<void> {
    return (this.#closed ??= this.#close(graceMs, unreadyMs));
  }

  async #close(graceMs: number, unreadyMs: number): Promise<void> {
    if (unreadyMs > 0) await new Promise((resolve) => setTimeout(resolve, unreadyMs));
    this.draining = true;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const session of this.#sessions) session.close();
    // Node takes a connection for busy that has never sent a byte.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
    // An answer that was under way did not say that the connection closes.
    const idle = setInterval(() => {
      if ('closeIdleConnections' in this.#server) this.#server.closeIdleConnections();
    }, 50);
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
  }
}

/** What a server has opened and nobody has closed yet. */
function openOnes<One extends EventEmitter>(server: EventEmitter, event: string): ReadonlySet<One> {
  const open = new Set<One>();
  server.on(event, (one: One) => {
    open.add(one);
    one.once('close', () => open.delete(one));
  });
  return open;
}
