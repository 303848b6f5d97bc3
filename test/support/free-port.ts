import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Returns a free port of the loopback interface, for programs that cannot use port 0. It is below the ephemeral range, so
 * that no other connection or server gets it, and it is reserved while this process lives by holding the UDP port of that
 * number.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(20_000, 32_000);
  const held = createSocket('udp4').bind({ port, address: '127.0.0.1', exclusive: true });
  try {
    await once(held, 'listening');
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  } catch (error) {
    held.close();
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return freePort();
    throw error;
  }
  held.unref();
  return port;
}
