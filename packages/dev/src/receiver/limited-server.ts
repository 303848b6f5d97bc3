import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';

const limits: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 2000,
};
/** An event stream sends something every 15 seconds. */
const idleTimeoutMs = 60_000;

/** Creates a server that ends connections whose peers neither send nor read in time. */
export function createLimitedServer(handle: RequestListener): Server {
  const server = createServer(limits, handle);
  server.setTimeout(idleTimeoutMs);
  return server;
}
