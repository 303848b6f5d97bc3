import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const maxConnections = 512;

/**
 * Bounds a server's connections. A new one is never refused: the connection that has waited the longest for a request goes, and if all are
 * being answered, the one whose request is the oldest.
 */
export function limitConnections(server: Server): void {
  const connections = new Connections();
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', ({ socket }, response) => {
    const answered = connections.beginRequest(socket);
    response.once('close', answered);
  });
}

/** The connections of a server: in the order in which they began to wait for a request, and those with requests being answered. */
class Connections {
  readonly #sockets = new Map<string, Socket>();
  readonly #activeRequests = new Map<string, number>();

  /** Counts a request; the function returned counts its answer. */
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
      // Another connection from the same port may have come since.
      if (this.#sockets.get(key) !== socket) return;
      this.#sockets.delete(key);
      this.#activeRequests.delete(key);
    });
  }

  #onResponseClosed(key: string): void {
    const left = (this.#activeRequests.get(key) ?? 1) - 1;
    if (left > 0) {
      this.#activeRequests.set(key, left);
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

/** The same for a connection and for the TLS session on it. */
function connectionKey({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
