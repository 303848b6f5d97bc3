import type { Server as HttpServer } from 'node:http';
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from 'node:http2';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';

/** The Node.js servers that the router can run on. */
export type NodeServer = HttpServer | HttpsServer | Http2Server | Http2SecureServer;

/** Options of {@link Server.close}. */
export interface CloseOptions {
  /** Time for in-flight requests to complete before their connections are closed, in milliseconds. @default 10000 */
  readonly gracePeriodMs?: number;
  /** Time between the first failing readiness probe and closing the listener, in milliseconds. @default 0 */
  readonly drainDelayMs?: number;
}

/** Calls back after a delay, capped because `setTimeout` fires immediately for delays above 2^31 - 1 ms. */
const delay = (ms: number, callback: () => void): NodeJS.Timeout =>
  setTimeout(callback, Math.min(ms, 2 ** 31 - 1));

/** A connection, or an event stream. */
export interface Closable extends Partial<Pick<ServerHttp2Session, 'goaway' | 'close'>> {
  readonly bytesRead?: number;
  destroy(): unknown;
}

/**
 * Tracks the connections of a server that is not listening yet.
 *
 * @param open - Receives the connections; other members are destroyed when the server closes
 * @param cut - Called at the end of the grace period, before the connections are destroyed
 * @returns a function that closes the server gracefully, and resolves when every connection is closed
 */
export function createShutdown(
  server: NodeServer & { closeIdleConnections?: () => void },
  open: Set<Closable>,
  cut: () => void,
): (options?: CloseOptions) => Promise<void> {
  const track = (connection: Socket | ServerHttp2Session): void => {
    open.add(connection);
    connection.once('close', () => open.delete(connection));
  };
  server.on('connection', track).on('session', track);
  return async ({ gracePeriodMs = 10_000, drainDelayMs = 0 } = {}) => {
    if (drainDelayMs > 0) await new Promise<void>((resolve) => delay(drainDelayMs, resolve));
    const closed = new Promise((resolve) => server.close(resolve));
    // Responses that started before close() keep their connections alive, and requests in flight may open event streams.
    const sweep = setInterval(() => {
      for (const connection of open) {
        if (connection.goaway) connection.close?.();
        // Node.js does not count a connection as idle before its first request.
        else if (!connection.bytesRead) connection.destroy();
      }
      server.closeIdleConnections?.();
    }, 50);
    const deadline = delay(gracePeriodMs, () => {
      cut();
      for (const connection of open) connection.destroy();
    });
    await closed;
    clearInterval(sweep);
    clearTimeout(deadline);
  };
}
