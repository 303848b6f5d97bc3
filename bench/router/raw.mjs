import { createServer } from 'node:http';
import { isOrder, listening } from '../peers/order.mjs';

const answer = (res, status, value) => {
  const body = JSON.stringify(value);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
};

const server = createServer((req, res) => {
  if (req.method === 'POST' && req.url === '/orders') {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      const order = JSON.parse(Buffer.concat(chunks).toString());
      if (isOrder(order)) answer(res, 200, { tags: order.tags.length });
      else answer(res, 400, {});
    });
  } else if (req.url.startsWith('/users/')) answer(res, 200, { id: req.url.slice(7) });
  else if (req.url.startsWith('/api/')) answer(res, 200, { id: req.url.split('/')[4] });
  else answer(res, 404, {});
});
listening(server.listen(0, '127.0.0.1'));
