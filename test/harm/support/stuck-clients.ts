import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Connections that are stuck until the test ends. */
export interface StuckClients {
  /** Writes a text on each that is still open. */
  write(text: string): void;
}

/**
 * Opens connections that each send a text and never read more than the first bytes of what comes back.
 *
 * @param readiness each is `sent`, or `answered` with its first bytes; or it was ended
 */
export async function stuckClients(
  t: TestContext,
  url: string,
  count: number,
  text: string | Buffer,
  readiness: 'sent' | 'answered',
): Promise<StuckClients> {
  const { hostname: host, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => connect({ host, port: Number(port) }));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => ready(socket, text, readiness)));
  return {
    write: (more) => {
      for (const socket of sockets) if (socket.writable) socket.write(more);
    },
  };
}

function ready(socket: Socket, text: string | Buffer, readiness: 'sent' | 'answered'): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => undefined);
  socket.once('close', () => resolve());
  socket.once('connect', () => socket.write(text, () => readiness === 'sent' && resolve()));
  // A 'readable' listener that does not read fills only one buffer.
  if (readiness === 'answered') socket.once('readable', () => resolve());
  return promise;
}
