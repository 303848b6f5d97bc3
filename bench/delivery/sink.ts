// OTLP receiver in a separate process that responds after a delay, given in milliseconds, and counts items.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { countItems } from '../../test/support/otlp-count.ts';

const delayMs = Number(process.argv[2] ?? 0);
const seen = { spans: 0, bytes: 0, requests: 0, lastMs: 0 };

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const sent = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
    void setTimeout(delayMs).then(() => {
      if (request.url === '/v1/traces') {
        seen.spans += countItems(body);
        seen.bytes += body.length;
        seen.requests += 1;
        seen.lastMs = Date.now();
      }
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('message', () => process.send?.({ seen }));
process.send?.({ port: (server.address() as AddressInfo).port });
