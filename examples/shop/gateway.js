import { getLogger } from '@sonde/otel';
import { reply } from '@sonde/router';
import { ask } from './ask.js';
import { faultyRouter } from './faults.js';

const catalogue = process.env.CATALOGUE_URL ?? 'http://127.0.0.1:8001';
const orders = process.env.ORDERS_URL ?? 'http://127.0.0.1:8002';
const log = getLogger('gateway');

const server = await faultyRouter()
  .get('/products', () => ask(`${catalogue}/products`))
  .get('/products/:id', ({ params }) => ask(`${catalogue}/products/${encodeURIComponent(params.id)}`))
  .post('/orders', async (c) => {
    const order = await ask(`${orders}/orders`, await c.json());
    log.info('Thank you for your order', { 'order.id': order.id });
    return reply(order, { status: 202 });
  })
  .listen({ port: Number(process.env.PORT ?? 8000), host: process.env.HOST ?? '127.0.0.1' });

log.info(`Listening on ${server.url}`);
