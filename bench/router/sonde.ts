import { createRouter, type StandardSchema } from '@sonde/router';
import { chunks, isOrder, templates } from '../peers/order.mjs';

const order: StandardSchema<unknown, { tags: readonly string[] }> = {
  '~standard': {
    version: 1,
    vendor: 'bench',
    validate: (value) => (isOrder(value) ? { value } : { issues: [{ message: 'is no order' }] }),
  },
};

const app = createRouter()
  .get('/health', () => ({ ok: true }))
  .get('/stream', () => chunks())
  .get('/users/:id', (c) => ({ id: c.params.id }))
  .post('/orders', { body: order }, (c) => ({ tags: c.body.tags.length }));
for (const template of templates) app.get(template, (c) => ({ id: Reflect.get(c.params, 'id') }));
const { port } = await app.listen();
console.log(port);
