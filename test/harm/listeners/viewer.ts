// Starts the listeners of `sonde dev`, and prints their addresses.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DevServer } from '../../../packages/dev/src/cli/dev-server.ts';

const server = await DevServer.start({ port: 0, otlpPort: 0, grpcPort: 0 });
const memory = createServer((_, response) => {
  response.end(JSON.stringify({ peakBytes: process.resourceUsage().maxRSS * 1024 }));
});
memory.listen(0, '127.0.0.1');
await once(memory, 'listening');
console.log(
  JSON.stringify({
    viewer: server.url.replace(/\/$/, ''),
    otlp: server.otlpUrl,
    grpc: `http://localhost:${server.session.servers.grpc?.port}`,
    memory: `http://127.0.0.1:${(memory.address() as AddressInfo).port}`,
  }),
);
