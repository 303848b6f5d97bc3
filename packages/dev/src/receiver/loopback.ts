import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findPortOwner } from './port-owner.ts';

/** Where a server listens. */
export interface Listener {
  readonly port: number;
  readonly wanted: number;
  /** Process that holds the requested port; null when the port was free. */
  readonly takenBy: string | null;
  close(): Promise<void>;
}

/** The name for a port's owner who cannot be found out. */
export const unknownOwner = 'another process';

/** How many ports above the wanted one are tried. */
const attempts = 20;

async function listenOn(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port, exclusive: true });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** The addresses that a host stands for: of the loopback interface both families, since `localhost` may be either. */
export function resolveAddresses(host: string): readonly string[] {
  return host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers
      .filter(({ listening }) => listening)
      .map(async (server) => {
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
      }),
  );
}

/** Listens on one port of all addresses; undefined when it is taken on one of them. */
async function tryPort(
  createServer: () => Server,
  addresses: readonly string[],
  port: number,
): Promise<{ port: number; servers: Server[] } | undefined> {
  const servers: Server[] = [];
  let bound = port;
  for (const address of addresses) {
    const server = createServer();
    try {
      bound = await listenOn(server, address, bound);
      servers.push(server);
    } catch (error) {
      const isLacking = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(errorCode(error) ?? '');
      // A machine without IPv6 has one family only.
      if (isLacking && address === '::1' && servers.length > 0) continue;
      await closeAll(servers);
      if (errorCode(error) === 'EADDRINUSE') return undefined;
      throw error;
    }
  }
  return { port: bound, servers };
}

/**
 * Listens on a port, or on the next free one when it is taken.
 *
 * @param port 0 is any free one
 * @param isFixed whether the port was asked for by name: then a taken one is an error, not a reason to take another
 */
export async function listen(
  createServer: () => Server,
  {
    host,
    port,
    isFixed = false,
  }: { readonly host: string; readonly port: number; readonly isFixed?: boolean },
): Promise<Listener> {
  const addresses = resolveAddresses(host);
  let takenBy: string | null = null;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const candidate = port === 0 ? 0 : port + attempt;
    const bound = await tryPort(createServer, addresses, candidate);
    if (bound !== undefined) {
      return { port: bound.port, wanted: port, takenBy, close: () => closeAll(bound.servers) };
    }
    if (attempt > 0 || port === 0) continue;
    takenBy = (await findPortOwner(port)) ?? unknownOwner;
    if (isFixed) throw new Error(`port ${port} is taken by ${takenBy}`);
  }
  throw new Error(`no port from ${port} to ${port + attempts - 1} is free`);
}
