// One server: of node:http, or of the router. Its routes are the same.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { start } from '@sonde/otel';
import { createRouter, problem, reply } from '@sonde/router';

start({ serviceName: 'server', logs: { console: false, exporter: 'none' }, metrics: { runtime: false } });

const statuses: Readonly<Record<string, number>> = {
  '/ok': 200,
  '/moved': 302,
  '/denied': 403,
  '/fails': 503,
};

async function* endless(): AsyncGenerator<string, void, void> {
  for (;;) {
    yield 'x'.repeat(65_536);
    await new Promise(setImmediate);
  }
}

/** @param path a route, without the query */
function reached(path: string, closing: { on(event: 'close', listener: () => void): unknown }): void {
  console.log(`reached ${path}`);
  closing.on('close', () => console.log(`closed ${path}`));
}

function listenPlain(): void {
  const server = createServer((request, response) => {
    const path = /^(?:https?:\/\/[^/]*)?([^?#]*)/.exec(request.url ?? '')?.[1] ?? '';
    reached(path, response);
    if (path === '/hangs') return;
    if (path === '/endless') {
      void (async () => {
        for await (const chunk of endless()) {
          if (response.destroyed) return;
          response.write(chunk);
        }
      })();
      return;
    }
    response.writeHead(statuses[path] ?? 404).end();
  });
  server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port};`));
}

/** Prints the end of a request of the router. */
const aborting = (signal: AbortSignal) => ({
  on: (_: 'close', listener: () => void) => signal.addEventListener('abort', listener),
});

async function listenRouter(trusted: string): Promise<void> {
  const header = trusted === 'forwarded' ? 'forwarded' : 'x-forwarded';
  const router = createRouter({ trustProxy: trusted === '' ? false : { hops: 1, header } });
  for (const [path, status] of Object.entries(statuses)) {
    router.on(['GET', 'POST'], path, () => (status < 500 ? reply(null, { status }) : problem(status)));
  }
  router.get('/hangs', (c) => {
    reached('/hangs', aborting(c.signal));
    return new Promise<never>(() => {});
  });
  router.get('/endless', (c) => {
    reached('/endless', aborting(c.signal));
    return endless();
  });
  const { port } = await router.listen();
  console.log(`port ${port};`);
}

const { SERVER: server, TRUSTED: trusted = '' } = process.env;
if (server === 'router') await listenRouter(trusted);
else listenPlain();
