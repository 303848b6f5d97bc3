import { getLogger } from '@sonde/otel';
import { problem } from '@sonde/router';
import { faultyRouter } from './faults.js';

const products = [
  { id: 'apple', name: 'Apple', cents: 45 },
  { id: 'bread', name: 'Bread', cents: 420 },
  { id: 'cheese', name: 'Cheese', cents: 890 },
];
const log = getLogger('catalogue');

function find(id) {
  const product = products.find((candidate) => candidate.id === id);
  if (product !== undefined) return product;
  log.warning('No such product', { 'product.id': id });
  throw problem(404, 'No such product');
}

const server = await faultyRouter()
  .get('/products', () => products)
  .get('/products/:id', ({ params }) => find(params.id))
  .post('/products/:id/reservations', async (c) => {
    const { id } = find(c.params.id);
    const { quantity } = await c.json();
    log.info('Reserved', { 'product.id': id, 'order.quantity': quantity });
  })
  .listen({ port: Number(process.env.PORT ?? 8001), host: process.env.HOST ?? '127.0.0.1' });

log.info(`Listening on ${server.url}`);
