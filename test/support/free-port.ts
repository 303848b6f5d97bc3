import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port of the loopback interface that was free a moment ago, for programs that cannot choose one themselves. It is
 * below those that systems give out, so that no connection and no server that takes any port has it a moment later;
 * and nobody who asks here gets it again as long as this process lives: UDP's port of that number is held.
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
