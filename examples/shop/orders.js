import { randomUUID } from 'node:crypto';
import { counter, getLogger, histogram, span } from '@sonde/otel';
import { problem, reply } from '@sonde/router';
import { ask } from './ask.js';
import { faultyRouter } from './faults.js';
import { createQueue } from './queue.js';

const catalogue = process.env.CATALOGUE_URL ?? 'http://127.0.0.1:8001';
const log = getLogger('orders');
const placed = counter('shop.orders', { description: 'Orders placed' });
const price = histogram('shop.order.price', {
  description: 'Price of an order',
  unit: 'EUR',
  advice: { explicitBucketBoundaries: [1, 5, 10, 20, 50] },
});

const queue = createQueue('orders', async (order) => {
  const { id, product, quantity } = order;
  await ask(`${catalogue}/products/${encodeURIComponent(product)}/reservations`, { quantity });
  span('pack', { 'order.quantity': quantity }, () => {
    log.info('Packed', { 'order.id': id });
  });
});

const server = await faultyRouter()
  .post('/orders', async (c) => {
    const { product, quantity } = (await c.json()) ?? {};
    if (typeof product !== 'string' || !Number.isInteger(quantity) || quantity < 1 || quantity > 10) {
      throw problem(422, 'An order has a product, and a quantity from 1 to 10');
    }
    const { cents } = await ask(`${catalogue}/products/${encodeURIComponent(product)}`);
    const order = { id: randomUUID(), product, quantity };
    queue.send(order);
    placed.add(1, { 'product.id': product });
    price.record((cents * quantity) / 100);
    log.info('Order placed', { 'order.id': order.id, 'product.id': product });
    return reply({ id: order.id }, { status: 202 });
  })
  .listen({ port: Number(process.env.PORT ?? 8002), host: process.env.HOST ?? '127.0.0.1' });

log.info(`Listening on ${server.url}`);
