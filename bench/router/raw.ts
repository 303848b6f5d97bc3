import { createServer, type ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { chunks, isOrder } from '../peers/order.mjs';

function answer(res: ServerResponse, status: number, value: object): void {
  const body = JSON.stringify(value);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

const server = createServer((req, res) => {
  const { method, url = '/' } = req;
  if (method === 'POST' && url === '/orders') {
    const received: Buffer[] = [];
    req.on('data', (chunk: Buffer) => received.push(chunk));
    req.on('end', () => {
      const order: unknown = JSON.parse(Buffer.concat(received).toString());
      if (isOrder(order)) answer(res, 200, { tags: order.tags.length });
      else answer(res, 400, {});
    });
  } else if (url === '/health') answer(res, 200, { ok: true });
  else if (url === '/stream') pipeline(Readable.from(chunks()), res, () => {});
  else if (url.startsWith('/users/')) answer(res, 200, { id: url.slice(7) });
  else if (url.startsWith('/api/')) answer(res, 200, { id: url.split('/')[4] });
  else answer(res, 404, {});
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : address);
});
