// An OTLP receiver that counts what it is sent and keeps nothing. A sender's endpoint is a path of its own.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { countItems } from '../../test/support/otlp-count.ts';

/** Items by path, such as `/fastify/v1/traces`. */
const counts: Record<string, number> = {};

async function count(request: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const path = request.url ?? '';
  const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  counts[path] = (counts[path] ?? 0) + countItems(bytes);
}

const server = createServer((request, response) => {
  void count(request).then(() => {
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
});
process.on('message', () => process.send?.({ seen: counts }));
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
