import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const maxConnections = 512;

/**
 * Limits the connections of a server. New connections are always accepted: the one that has been idle longest is closed, or,
 * if all are active, the one with the oldest request.
 */
export function limitConnections(server: Server): void {
  const connections = new Connections();
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', ({ socket }, response) => {
    const endRequest = connections.beginRequest(socket);
    response.once('close', endRequest);
  });
}

/** The connections of a server, longest idle first, and the number of active requests of each. */
class Connections {
  readonly #sockets = new Map<string, Socket>();
  readonly #activeRequests = new Map<string, number>();

  /** Counts an active request; the returned function ends it. */
  beginRequest(socket: Socket): () => void {
    const key = connectionKey(socket);
    if (!this.#sockets.has(key)) return () => undefined;
    this.#activeRequests.set(key, (this.#activeRequests.get(key) ?? 0) + 1);
    return () => this.#onResponseClosed(key);
  }

  add(socket: Socket): void {
    if (this.#sockets.size >= maxConnections) this.#evict();
    const key = connectionKey(socket);
    this.#sockets.set(key, socket);
    socket.once('close', () => {
      // The client port may have been reused by a newer connection.
      if (this.#sockets.get(key) !== socket) return;
      this.#sockets.delete(key);
      this.#activeRequests.delete(key);
    });
  }

  #onResponseClosed(key: string): void {
    const remaining = (this.#activeRequests.get(key) ?? 1) - 1;
    if (remaining > 0) {
      this.#activeRequests.set(key, remaining);
      return;
    }
    this.#activeRequests.delete(key);
    const socket = this.#sockets.get(key);
    if (socket === undefined) return;
    this.#sockets.delete(key);
    this.#sockets.set(key, socket);
  }

  #evict(): void {
    for (const [key, socket] of this.#sockets) {
      if (!this.#activeRequests.has(key)) {
        this.#drop(key, socket);
        return;
      }
    }
    const [key] = this.#activeRequests.keys();
    const socket = key === undefined ? undefined : this.#sockets.get(key);
    if (key !== undefined && socket !== undefined) this.#drop(key, socket);
  }

  #drop(key: string, socket: Socket): void {
    this.#sockets.delete(key);
    this.#activeRequests.delete(key);
    socket.destroy();
  }
}

/** Identifies a connection: the TCP socket and the TLS socket on it have equal keys. */
function connectionKey({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
